/**
 * Sliding window: at most `limit` units within any window.
 *
 * W1 Never more: every stretch of `windowMs`, wherever it begins, has at most `limit` admitted units. A window that is
 *    estimated from two counts would let through up to twice as many at a boundary.
 * W2 Exact to the millisecond up to a limit of 64, for which single moments are kept. Above it units are kept in slots
 *    of windowMs/64, rounded up to milliseconds, and stay until the last moment of their slot has left the window: a unit
 *    counts for less than 1/64 of the window longer than it has to. So what is refused would be refused by an exact window
 *    that is less than 1/64 longer, and a caller who always asks gets more than 63/64 of what an exact one lets through.
 * W3 The state has at most 66 entries, whatever the limit.
 */
import type { Counted } from "./counted.ts";
import type { LimitPolicy } from "./rule.ts";

/** Persisted. Each entry: the last moment that its units may have been taken at, and how many; ascending. */
export type SlidingWindow = {
  readonly kind: "sliding-window";
  readonly slots: readonly (readonly [lastMs: number, units: number])[];
};

const SLOTS = 64;

const slotMs = ({ limit, windowMs }: LimitPolicy): number => (limit <= SLOTS ? 1 : Math.ceil(windowMs / SLOTS));

const lastOfSlot = (policy: LimitPolicy, atMs: number): number => {
  const size = slotMs(policy);
  return Math.floor(atMs / size) * size + size - 1;
};

const sum = (slots: SlidingWindow["slots"]): number => slots.reduce((total, [, units]) => total + units, 0);

export function takeFromWindow(
  state: SlidingWindow | null,
  policy: LimitPolicy,
  cost: number,
  nowMs: number,
): Counted<SlidingWindow> {
  const { limit, windowMs } = policy;
  const live = (state?.slots ?? []).filter(([lastMs]) => lastMs + windowMs > nowMs);
  const used = sum(live);
  const allowed = used + cost <= limit;
  const slots = allowed && cost > 0 ? added(live, lastOfSlot(policy, nowMs), cost) : live;
  const newest = slots.at(-1);
  return {
    state: { kind: "sliding-window", slots },
    allowed,
    remaining: Math.max(0, allowed ? limit - used - cost : limit - used),
    resetMs: newest === undefined ? 0 : newest[0] + windowMs - nowMs,
    retryAfterMs: allowed
      ? 0
      : cost > limit
        ? Number.POSITIVE_INFINITY
        : freeAt(live, used + cost - limit) + windowMs - nowMs,
  };
}

/** A clock that went back adds to the newest slot: the entries stay in order. */
function added(slots: SlidingWindow["slots"], lastMs: number, cost: number): SlidingWindow["slots"] {
  const newest = slots.at(-1);
  if (newest === undefined || newest[0] < lastMs) return [...slots, [lastMs, cost]];
  return [...slots.slice(0, -1), [newest[0], newest[1] + cost]];
}

/** The last moment of the slot with which at least `units` have left. */
function freeAt(slots: SlidingWindow["slots"], units: number): number {
  let freed = 0;
  for (const [lastMs, count] of slots) {
    freed += count;
    if (freed >= units) return lastMs;
  }
  return Number.POSITIVE_INFINITY;
}

/** Gives back what was taken at that moment, so that the units taken since stay for as long as they have to. */
export function refundToWindow(
  state: SlidingWindow,
  policy: LimitPolicy,
  cost: number,
  takenAtMs: number,
): SlidingWindow {
  const lastMs = lastOfSlot(policy, takenAtMs);
  const slots = state.slots
    .map(([last, units]): readonly [number, number] => [last, last === lastMs ? Math.max(0, units - cost) : units])
    .filter(([, units]) => units > 0);
  return { kind: "sliding-window", slots };
}
