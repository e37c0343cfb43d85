/**
 * Token bucket: holds `burst` tokens, refills `limit` per window, continuously.
 *
 * B1 Exact: the level is an integer in units of 1/windowMs of a token, so that a millisecond adds exactly `limit` units
 *    and nothing is ever rounded. A bucket full at 0 admits at most floor(burst + t × limit / windowMs) until t, and a
 *    caller that always tries gets exactly that.
 * B2 A clock that goes back takes and gives nothing.
 */
import type { Counted } from "./counted.ts";
import type { LimitPolicy } from "./rule.ts";

/** Persisted. */
export type TokenBucket = { readonly kind: "token-bucket"; readonly units: number; readonly atMs: number };

export const bucketCapacity = ({ burst, limit }: LimitPolicy): number => burst ?? limit;

function refilled(state: TokenBucket | null, policy: LimitPolicy, nowMs: number): TokenBucket {
  const full = bucketCapacity(policy) * policy.windowMs;
  if (state === null) return { kind: "token-bucket", units: full, atMs: nowMs };
  const atMs = Math.max(nowMs, state.atMs);
  const missing = Math.max(0, full - state.units);
  // Compared before it is multiplied: the product of a long rest would not be exact.
  const elapsedMs = Math.min(atMs - state.atMs, Math.ceil(missing / policy.limit));
  return { kind: "token-bucket", units: Math.min(full, state.units + elapsedMs * policy.limit), atMs };
}

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
