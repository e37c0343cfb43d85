/**
 * Fixed window: at most `limit` units in each window; windows begin at multiples of `windowMs` since 1970 (UTC), the
 * same for everybody. Around a boundary up to twice the limit may fall into one stretch of a window's length. What was
 * counted for another length of window counts in the window that it began in, if that is still the one of now.
 */
import type { Counted } from "./counted.ts";
import type { LimitPolicy } from "./rule.ts";

/** Persisted. */
export type FixedWindow = { readonly kind: "fixed-window"; readonly startMs: number; readonly used: number };

const startOf = ({ windowMs }: LimitPolicy, atMs: number): number => Math.floor(atMs / windowMs) * windowMs;

/** A clock that went back stays in the window that has begun. */
function current(state: FixedWindow | null, policy: LimitPolicy, nowMs: number): FixedWindow {
  const startMs = startOf(policy, nowMs);
  const begunMs = state === null ? 0 : startOf(policy, state.startMs);
  return state !== null && begunMs >= startMs
    ? { kind: "fixed-window", startMs: begunMs, used: state.used }
    : { kind: "fixed-window", startMs, used: 0 };
}

export function takeFromFixed(
  state: FixedWindow | null,
  policy: LimitPolicy,
  cost: number,
  nowMs: number,
): Counted<FixedWindow> {
  const { limit, windowMs } = policy;
  const window = current(state, policy, nowMs);
  const allowed = window.used + cost <= limit;
  const used = allowed ? window.used + cost : window.used;
  const leftMs = window.startMs + windowMs - nowMs;
  return {
    state: { ...window, used },
    allowed,
    remaining: Math.max(0, limit - used),
    resetMs: used === 0 ? 0 : leftMs,
    retryAfterMs: allowed ? 0 : cost > limit ? Number.POSITIVE_INFINITY : leftMs,
  };
}

/** Gives back what was taken; in a later window there is nothing to give back. */
export function refundToFixed(state: FixedWindow, policy: LimitPolicy, cost: number, takenAtMs: number): FixedWindow {
  if (startOf(policy, state.startMs) !== startOf(policy, takenAtMs)) return state;
  return { ...state, used: Math.max(0, state.used - cost) };
}
