/**
 * When failed logins lock an account: five within 30 minutes, for 30 minutes. While it is locked nothing is counted, so
 * that a lock ends by itself however often somebody knocks. Pure.
 */
const MAX_FAILURES = 5;
const WINDOW_MS = 30 * 60_000;
const LOCK_MS = 30 * 60_000;

export type Lockout = { readonly failuresAtMs: readonly number[]; readonly lockedUntilMs: number | null };

export const NO_FAILURES: Lockout = { failuresAtMs: [], lockedUntilMs: null };

export const isLocked = ({ lockedUntilMs }: Lockout, nowMs: number): boolean =>
  lockedUntilMs !== null && nowMs < lockedUntilMs;

/** After one more failure of an account that is not locked. */
export function failed({ failuresAtMs }: Lockout, nowMs: number): Lockout {
  const counted = [...failuresAtMs.filter((at) => at > nowMs - WINDOW_MS), nowMs];
  if (counted.length < MAX_FAILURES) return { failuresAtMs: counted, lockedUntilMs: null };
  return { failuresAtMs: [], lockedUntilMs: nowMs + LOCK_MS };
}

/** From when on nothing of it counts any more. Milliseconds since 1970; 0 when nothing does. */
export const idleAtMs = ({ failuresAtMs, lockedUntilMs }: Lockout): number =>
  Math.max(lockedUntilMs ?? 0, ...failuresAtMs.map((at) => at + WINDOW_MS));
