/**
 * Another limit for a tenant's own accounts than the rule's, set by an operator of the platform. Pure.
 *
 * V1 The exact subject (`user:usr_…`) comes before all of its kind (`user:*`), and that before the rule.
 * V2 An override is a whole policy: what it left out was taken from the rule when it was set, and stays when the rule
 *    changes later.
 * V3 One that has ended counts as none, whether or not it has been removed.
 */
import { z } from "zod";
import { ALGORITHMS, Amount, LimitRule, type LimitPolicy, PenaltyRule } from "./rule.ts";

export type Override = {
  readonly rule: string;
  /** `tenant`; `user:usr_…`, `key:key_…`, `route:GET /v1/…`; or all of a kind: `user:*`, `key:*`, `route:*`. */
  readonly subject: string;
  readonly policy: Omit<LimitPolicy, "name">;
  /** Milliseconds since 1970; null for one that does not end. */
  readonly expiresAtMs: number | null;
  /** Grows with each change and is never given twice, not even after a deletion. */
  readonly version: number;
};

/** What is left out is as the rule has it. */
export const OverrideChange = z.strictObject({
  limit: Amount.describe("Requests per window"),
  algorithm: z.enum(ALGORITHMS).optional(),
  windowMs: LimitRule.shape.windowMs.optional(),
  burst: Amount.nullable().optional().describe("Of a token bucket: what it holds at most; null for `limit`"),
  penalty: PenaltyRule.nullable().optional(),
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null).describe("When the rule's own limit is back"),
});
export type OverrideChange = z.output<typeof OverrideChange>;

/** Overrides by rule and subject. */
export type Overrides = ReadonlyMap<string, Override>;

/** Names of rules have no spaces. */
export const overrideKey = (rule: string, subject: string): string => `${rule} ${subject}`;

const kindOf = (subject: string): string => `${subject.split(":", 1)[0] ?? ""}:*`;

/** The policy that holds for a subject now. */
export function overridden(policy: LimitPolicy, subject: string, overrides: Overrides, nowMs: number): LimitPolicy {
  const found = [subject, kindOf(subject)]
    .map((each) => overrides.get(overrideKey(policy.name, each)))
    .find((each) => each !== undefined && inForce(each, nowMs));
  return found === undefined ? policy : { name: policy.name, ...found.policy };
}

export const inForce = ({ expiresAtMs }: Override, nowMs: number): boolean =>
  expiresAtMs === null || expiresAtMs > nowMs;

const SUBJECTS: Readonly<Record<LimitRule["scope"], string | null>> = {
  tenant: "tenant",
  user: "user:*",
  key: "key:*",
  route: "route:*",
  address: null,
  global: null,
};

/** The subject that an override has when none is named: all accounts of the rule. Null for a rule that no tenant owns. */
export const subjectOfAll = ({ scope }: LimitRule): string | null => SUBJECTS[scope];

/** Whether the rule counts on such a subject, or on all of its kind. */
export function countsOn(rule: LimitRule, subject: string): boolean {
  const all = subjectOfAll(rule);
  return all !== null && (subject === all || (all.endsWith("*") && subject.startsWith(all.slice(0, -1))));
}

/**
 * The rule as the change would have it, or what is wrong with that. A burst that is left out is the rule's own, but no more
 * than the new limit: who is given less an hour is not to take it all at once.
 */
export function changed(rule: LimitRule, change: Omit<OverrideChange, "expiresAt">) {
  const { limit, algorithm = rule.algorithm, windowMs = rule.windowMs, penalty = rule.penalty } = change;
  const inherited = algorithm === "token-bucket" && rule.burst !== null ? Math.min(rule.burst, limit) : null;
  const burst = change.burst === undefined ? inherited : change.burst;
  return LimitRule.safeParse({ ...rule, limit, algorithm, windowMs, penalty, burst });
}
