/** The three algorithms behind one face. A state of another algorithm than the rule's counts as none. */
import { assertNever } from "../exhaustive.ts";
import type { Counted } from "./counted.ts";
import { type FixedWindow, refundToFixed, takeFromFixed } from "./fixed-window.ts";
import type { LimitPolicy } from "./rule.ts";
import { refundToWindow, type SlidingWindow, takeFromWindow } from "./sliding-window.ts";
import { refundToBucket, takeFromBucket, type TokenBucket } from "./token-bucket.ts";

export type CounterState = TokenBucket | SlidingWindow | FixedWindow;

/** Takes `cost` units when there are as many, else nothing. Never takes in part. */
export function take(
  state: CounterState | null,
  policy: LimitPolicy,
  cost: number,
  nowMs: number,
): Counted<CounterState> {
  switch (policy.algorithm) {
    case "token-bucket":
      return takeFromBucket(state?.kind === "token-bucket" ? state : null, policy, cost, nowMs);
    case "sliding-window":
      return takeFromWindow(state?.kind === "sliding-window" ? state : null, policy, cost, nowMs);
    case "fixed-window":
      return takeFromFixed(state?.kind === "fixed-window" ? state : null, policy, cost, nowMs);
    default:
      return assertNever(policy.algorithm);
  }
}

/** What `take` would answer for `cost`, with nothing taken: `remaining` is what is there now. */
export function peek(
  state: CounterState | null,
  policy: LimitPolicy,
  cost: number,
  nowMs: number,
): Counted<CounterState> {
  const { allowed, retryAfterMs } = take(state, policy, cost, nowMs);
  return { ...take(state, policy, 0, nowMs), allowed, retryAfterMs };
}

/** Gives back `cost` units that were taken at `takenAtMs`. Never gives more than there was. */
export function refund(
  state: CounterState | null,
  policy: LimitPolicy,
  cost: number,
  takenAtMs: number,
  nowMs: number,
): CounterState | null {
  if (state?.kind !== policy.algorithm) return state;
  switch (state.kind) {
    case "token-bucket":
      return refundToBucket(state, policy, cost, nowMs);
    case "sliding-window":
      return refundToWindow(state, policy, cost, takenAtMs);
    case "fixed-window":
      return refundToFixed(state, policy, cost, takenAtMs);
    default:
      return assertNever(state);
  }
}
