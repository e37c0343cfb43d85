/**
 * A penalty: who is refused by a rule that has one stays refused, longer each time.
 *
 * P1 What is refused during a penalty is no offence: a client that knocks on does not make it longer.
 * P2 Offences are forgotten a day after the last penalty has ended.
 */
import type { PenaltyPolicy } from "./rule.ts";

/** Persisted. */
export type Penalty = { readonly offences: number; readonly untilMs: number };

const MAX_PENALTY_MS = 86_400_000;
const MEMORY_MS = 86_400_000;

/** How much longer the penalty lasts; 0 when there is none. */
export const penaltyLeftMs = (penalty: Penalty | null, nowMs: number): number =>
  penalty === null ? 0 : Math.max(0, penalty.untilMs - nowMs);

export const penaltyForgottenAtMs = (penalty: Penalty | null): number =>
  penalty === null ? 0 : penalty.untilMs + MEMORY_MS;

/** One more offence, at a moment without a penalty. No penalty is longer than a day. */
export function punish(penalty: Penalty | null, { durationMs, multiplier }: PenaltyPolicy, nowMs: number): Penalty {
  const before = penalty === null || penaltyForgottenAtMs(penalty) <= nowMs ? 0 : penalty.offences;
  const lengthMs = Math.min(Math.round(durationMs * multiplier ** before), MAX_PENALTY_MS);
  return { offences: before + 1, untilMs: nowMs + lengthMs };
}
