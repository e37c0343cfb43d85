/** Whether an agent is there, by when it was last heard of. Pure. */
export const SUSPECT_AFTER_MS = 60_000;
export const DEAD_AFTER_MS = 90_000;

export type Liveness = "live" | "suspect" | "dead";

/** Two missed signs of life of 30 s make an agent suspect, three dead (requirements of the service registry). */
export function livenessOf(lastSeenAtMs: number, nowMs: number): Liveness {
  const silentMs = nowMs - lastSeenAtMs;
  if (silentMs >= DEAD_AFTER_MS) return "dead";
  return silentMs >= SUSPECT_AFTER_MS ? "suspect" : "live";
}
