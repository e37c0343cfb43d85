/**
 * Token bucket: holds `burst` tokens, refills `limit` per window, continuously.
 *
 * B1 Exact: the level is an integer in units of 1/windowMs of a token, so that a millisecond adds exactly `limit` units
 *    and nothing is ever rounded. A bucket full at 0 admits at most floor(burst + t × limit / windowMs) until t, and a
 *    caller that always tries gets exactly that.
 * B2 A clock that goes back takes and gives nothing.
 * B3 A level counted for another window is read in whole tokens: a changed rule takes less than one token and gives
 *    none.
 */
import type { Counted } from "./counted.ts";
import type { LimitPolicy } from "./rule.ts";

/** Persisted. Without `windowMs`, as earlier releases wrote it, the units are those of the rule's own window. */
export type TokenBucket = {
  readonly kind: "token-bucket";
  readonly units: number;
  readonly atMs: number;
  readonly windowMs?: number;
};

export const bucketCapacity = ({ burst, limit }: LimitPolicy): number => burst ?? limit;

function refilled(state: TokenBucket | null, policy: LimitPolicy, nowMs: number): TokenBucket {
  const { windowMs } = policy;
  const full = bucketCapacity(policy) * windowMs;
  if (state === null) return { kind: "token-bucket", units: full, atMs: nowMs, windowMs };
  const atMs = Math.max(nowMs, state.atMs);
  const before = unitsFor(windowMs, state);
  const missing = Math.max(0, full - before);
  // Compared before it is multiplied: the product of a long rest would not be exact.
  const elapsedMs = Math.min(atMs - state.atMs, Math.ceil(missing / policy.limit));
  return { kind: "token-bucket", units: Math.min(full, before + elapsedMs * policy.limit), atMs, windowMs };
}

/** A whole token has as many units as the window has milliseconds. */
const unitsFor = (windowMs: number, { units, windowMs: counted = windowMs }: TokenBucket): number =>
  counted === windowMs ? units : Math.floor(units / counted) * windowMs;

export function takeFromBucket(
  state: TokenBucket | null,
  policy: LimitPolicy,
  cost: number,
  nowMs: number,
): Counted<TokenBucket> {
  const { limit, windowMs } = policy;
  const capacity = bucketCapacity(policy);
  const before = refilled(state, policy, nowMs);
  const allowed = cost * windowMs <= before.units;
  const after = allowed ? { ...before, units: before.units - cost * windowMs } : before;
  // A state from the future refills only once the clock has come to it.
  const untilMs = (units: number): number =>
    units <= after.units ? 0 : after.atMs - nowMs + Math.ceil((units - after.units) / limit);
  return {
    state: after,
    allowed,
    remaining: Math.floor(after.units / windowMs),
    resetMs: untilMs(capacity * windowMs),
    retryAfterMs: allowed ? 0 : cost > capacity ? Number.POSITIVE_INFINITY : untilMs(cost * windowMs),
  };
}

/** Gives back what was taken; never above the capacity. */
export function refundToBucket(state: TokenBucket, policy: LimitPolicy, cost: number, nowMs: number): TokenBucket {
  const bucket = refilled(state, policy, nowMs);
  const full = bucketCapacity(policy) * policy.windowMs;
  return { ...bucket, units: Math.min(full, bucket.units + cost * policy.windowMs) };
}
