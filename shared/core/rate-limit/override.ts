/** Another limit for one subject than the rule's: the exact subject before its kind (`user:*`) before the rule. Pure. */
import type { LimitPolicy } from "./rule.ts";

export type Override = {
  readonly rule: string;
  /** `user:usr_…`, `key:key_…`, `tenant`, or `user:*` and `key:*`. */
  readonly subject: string;
  readonly limit: number;
  /** For token buckets; null for `limit`. */
  readonly burst: number | null;
};

const kindOf = (subject: string): string => `${subject.split(":", 1)[0] ?? ""}:*`;

export function overridden(policy: LimitPolicy, subject: string, overrides: readonly Override[]): LimitPolicy {
  const ofRule = overrides.filter(({ rule }) => rule === policy.name);
  const found =
    ofRule.find((each) => each.subject === subject) ?? ofRule.find((each) => each.subject === kindOf(subject));
  if (found === undefined) return policy;
  return { ...policy, limit: found.limit, burst: policy.algorithm === "token-bucket" ? found.burst : null };
}
