import type { LimitReport } from "../../contracts/rate-limit.ts";
import type { LimitPolicy } from "./rule.ts";
import type { Decision } from "./take-all.ts";

/** What a decision says to the edge, and by it to the caller. */
export function reportOf(decision: Decision, { name, limit, windowMs }: LimitPolicy, subject: string): LimitReport {
  const { remaining, resetMs, nextMs, penalised } = decision;
  return { rule: name, subject, limit, windowMs, remaining, resetMs, retryAfterMs: nextMs, penalised };
}
