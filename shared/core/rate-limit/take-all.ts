/**
 * Several limits together.
 *
 * A1 All or nothing: when one of them refuses, none has counted anything, and a request that passes is counted by each
 *    exactly once.
 * A2 The most restrictive one is reported: of those that refuse, the one with the longest wait; when all allow, the one
 *    with the fewest units left, then the longest reset. Among equals the first.
 */
import { type CounterState, peek, take } from "./counter.ts";
import { type Penalty, penaltyForgottenAtMs, penaltyLeftMs, punish } from "./penalty.ts";
import type { Count } from "./counted.ts";
import type { LimitPolicy } from "./rule.ts";

/** Persisted: what a rule knows of one subject. */
export type RuleState = { readonly counter: CounterState | null; readonly penalty: Penalty | null };

export type Ask = { readonly policy: LimitPolicy; readonly state: RuleState | null; readonly cost: number };

export type Decision = Count & {
  readonly state: RuleState;
  /** Refused for what happened before, whatever is left. */
  readonly penalised: boolean;
  /** Until one more unit would be allowed; 0 when it is now. */
  readonly nextMs: number;
  /** From then on the state says no more than none would. */
  readonly forgottenAtMs: number;
};

export type Verdict = {
  readonly allowed: boolean;
  readonly decisions: readonly Decision[];
  /** Index of the decision to report; -1 when nothing was asked. */
  readonly mostRestrictive: number;
};

/** Takes from all, or from none. A refusal by a rule with a penalty begins one. */
export function takeAll(asks: readonly Ask[], nowMs: number): Verdict {
  const peeked = asks.map((ask) => look(ask, nowMs));
  const allowed = peeked.every((decision) => decision.allowed);
  const decisions = asks.map((ask, index): Decision => {
    const seen = peeked[index] ?? look(ask, nowMs);
    if (allowed) return counted(ask, nowMs);
    return seen.allowed || seen.penalised || ask.policy.penalty === null
      ? seen
      : punished(ask.policy.penalty, seen, nowMs);
  });
  return { allowed, decisions, mostRestrictive: mostRestrictive(decisions) };
}

/** What `takeAll` would answer, with nothing taken and nobody punished. */
export function peekAll(asks: readonly Ask[], nowMs: number): Verdict {
  const decisions = asks.map((ask) => look(ask, nowMs));
  return {
    allowed: decisions.every((decision) => decision.allowed),
    decisions,
    mostRestrictive: mostRestrictive(decisions),
  };
}

function look({ policy, state, cost }: Ask, nowMs: number): Decision {
  const { state: counter, ...count } = peek(state?.counter ?? null, policy, cost, nowMs);
  return withPenalty(policy, count, counter, state?.penalty ?? null, nowMs);
}

function counted({ policy, state, cost }: Ask, nowMs: number): Decision {
  const { state: counter, ...count } = take(state?.counter ?? null, policy, cost, nowMs);
  return withPenalty(policy, count, counter, state?.penalty ?? null, nowMs);
}

function withPenalty(
  policy: LimitPolicy,
  count: Count,
  counter: CounterState,
  penalty: Penalty | null,
  nowMs: number,
): Decision {
  const leftMs = penaltyLeftMs(penalty, nowMs);
  const forgottenAtMs = Math.max(nowMs + count.resetMs, penaltyForgottenAtMs(penalty));
  const state = { counter, penalty };
  const nextMs = count.remaining > 0 ? 0 : peek(counter, policy, 1, nowMs).retryAfterMs;
  if (leftMs === 0) return { ...count, state, penalised: false, nextMs, forgottenAtMs };
  return {
    allowed: false,
    remaining: 0,
    resetMs: Math.max(leftMs, count.resetMs),
    retryAfterMs: Math.max(leftMs, count.retryAfterMs),
    state,
    penalised: true,
    nextMs: Math.max(leftMs, nextMs),
    forgottenAtMs,
  };
}

function punished(policy: NonNullable<LimitPolicy["penalty"]>, seen: Decision, nowMs: number): Decision {
  const penalty = punish(seen.state.penalty, policy, nowMs);
  const leftMs = penaltyLeftMs(penalty, nowMs);
  return {
    allowed: false,
    remaining: 0,
    resetMs: Math.max(leftMs, seen.resetMs),
    retryAfterMs: Math.max(leftMs, seen.retryAfterMs),
    nextMs: Math.max(leftMs, seen.nextMs),
    state: { counter: seen.state.counter, penalty },
    penalised: true,
    forgottenAtMs: Math.max(nowMs + seen.resetMs, penaltyForgottenAtMs(penalty)),
  };
}

function mostRestrictive(decisions: readonly Decision[]): number {
  let worst = -1;
  for (const [index, decision] of decisions.entries()) {
    const than = decisions[worst];
    if (than === undefined || isStricter(decision, than)) worst = index;
  }
  return worst;
}

function isStricter(a: Decision, b: Decision): boolean {
  if (a.allowed !== b.allowed) return !a.allowed;
  if (!a.allowed) return a.retryAfterMs > b.retryAfterMs;
  return a.remaining === b.remaining ? a.resetMs > b.resetMs : a.remaining < b.remaining;
}
