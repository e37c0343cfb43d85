import type { ApiDeps } from "../../deps.ts";

/**
 * A refused login is answered no sooner than this after it came. Checking a password takes about 100 ms for every login,
 * but the object of a name that nobody has tried is new, and so some milliseconds slower than one that is there, on some
 * deployments more: the floor covers it. Waiting costs no processor time.
 */
const REFUSAL_FLOOR_MS = 250;

/** Resolves when `REFUSAL_FLOOR_MS` have passed since `sinceMs`, milliseconds since 1970 by `deps.now`. */
export async function refusalFloor(deps: Pick<ApiDeps, "now">, sinceMs: number): Promise<void> {
  const restMs = sinceMs + REFUSAL_FLOOR_MS - deps.now();
  if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
}
