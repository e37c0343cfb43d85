/** What the routes of limits say, and who is meant. */
import { z } from "zod";
import { TenantId } from "../../../../shared/contracts/asset.ts";
import type { Override } from "../../../../shared/core/rate-limit/override.ts";
import { countsOn, OverrideChange, subjectOfAll } from "../../../../shared/core/rate-limit/override.ts";
import { ALGORITHMS, LimitRule, PenaltyRule } from "../../../../shared/core/rate-limit/rule.ts";
import { ok, refuse, type Result } from "../../../../shared/core/result.ts";
import type { Refusal } from "../../../../shared/errors/refusal.ts";
import { documentation } from "../../schemas.ts";

export const LimitState = z.strictObject({
  rule: z.string(),
  subject: z.string().describe("Whose account it is: `tenant`, `user:…` or `key:…`"),
  limit: z.int().describe("Requests per window"),
  windowMs: z.int(),
  remaining: z.int().min(0).describe("Requests that would pass now"),
  resetMs: z.int().min(0).describe("Until the whole quota is there again, if nothing is asked"),
  retryAfterMs: z.int().min(0).describe("Until the next request would pass; 0 when it does now"),
  penalised: z.boolean().describe("Whether requests beyond the limit have led to a pause"),
});

const registry = documentation.openAPIRegistry;

export const OverrideBody = registry.register(
  "RateLimitOverride",
  z.strictObject({
    rule: z.string(),
    subject: z.string().describe("Whose: `tenant`, `user:…`, `key:…`, `route:…`, or `user:*` for all of a kind"),
    algorithm: z.enum(ALGORITHMS),
    limit: z.int().describe("Requests per window"),
    windowMs: z.int(),
    burst: z.int().nullable(),
    penalty: PenaltyRule.nullable(),
    expiresAt: z.iso.datetime().nullable().describe("When the rule's own limit is back; null for never"),
    version: z.int().min(1),
  }),
);
// A copy: the one of the core may have been made before zod was taught to describe itself.
export const OverrideChangeBody = registry.register("RateLimitOverrideChange", OverrideChange.extend({}));

export const viewOfOverride = ({ rule, subject, policy, expiresAtMs, version }: Override) => ({
  rule,
  subject,
  ...policy,
  expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
  version,
});

export const EXAMPLE_LIMIT = {
  rule: "key",
  subject: "key:key_01KA00000000000000000000K1",
  limit: 1200,
  windowMs: 60000,
  remaining: 187,
  resetMs: 650,
  retryAfterMs: 0,
  penalised: false,
};

export const EXAMPLE_OVERRIDE = {
  rule: "tenant",
  subject: "tenant",
  algorithm: "token-bucket" as const,
  limit: 60000,
  windowMs: 60000,
  burst: 5000,
  penalty: null,
  expiresAt: "2026-12-24T00:00:00.000Z",
  version: 1795602600000,
};

export const RuleOfTenantParams = z.strictObject({ tenantId: TenantId, rule: LimitRule.shape.name });

const ID = "[0-9A-HJKMNP-TV-Z]{26}";
/** One account, or all of a kind. */
const Subject = z
  .string()
  .max(300)
  .regex(
    new RegExp(`^(tenant|user:(\\*|usr_${ID})|key:(\\*|key_${ID})|route:(\\*|(GET|POST|PUT|PATCH|DELETE) /\\S*))$`),
  );
export const SubjectQuery = z.strictObject({
  subject: Subject.optional().describe("One user, key or route instead of all: `user:usr_…`, `key:key_…`"),
});

/** The rule that is meant and on whose account. Only rules that count a tenant, its users, keys and routes can be. */
export function ruleOfTenant(
  rules: readonly LimitRule[],
  name: string,
  given: string | undefined,
): Result<{ readonly rule: LimitRule; readonly subject: string }, Refusal> {
  const rule = rules.find((each) => each.name === name);
  const all = rule === undefined ? null : subjectOfAll(rule);
  if (rule === undefined || all === null) {
    return refuse({ code: "not_found", detail: "There is no rule of this name that counts a tenant's requests." });
  }
  const subject = given ?? all;
  if (countsOn(rule, subject)) return ok({ rule, subject });
  const detail = `The rule \`${name}\` counts by ${rule.scope}.`;
  return refuse({ code: "invalid_request", detail, pointer: "/query/subject" });
}
