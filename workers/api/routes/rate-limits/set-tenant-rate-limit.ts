import { PLATFORM_TENANT } from "../../../../shared/core/access/permissions.ts";
import { changed } from "../../../../shared/core/rate-limit/override.ts";
import { ETAG_HEADER, IF_MATCH_HEADER, readIfMatch, versionTag } from "../../entity-tag.ts";
import { problem, refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import {
  EXAMPLE_OVERRIDE,
  OverrideBody,
  OverrideChangeBody,
  RuleOfTenantParams,
  ruleOfTenant,
  SubjectQuery,
  viewOfOverride,
} from "./schemas.ts";

export const setTenantRateLimit = defineRoute({
  method: "put",
  path: "/v1/platform/tenants/{tenantId}/rate-limits/{rule}",
  operationId: "setTenantRateLimit",
  summary: "Set another limit for a tenant than the rule has",
  description:
    "For all that the rule counts of the tenant, or with `subject` for one user, key or route. What is left out is as the rule has it now, and stays so; a burst is at most the new limit. What was counted so far counts on. It holds from this answer on, but an edge may still spend the lease it has: at most 1 % of the limit before, for at most a second. A pause under way goes on; forgetting the counts ends it. The platform's own tenant keeps the limits of the rules.",
  tag: "platform",
  permission: "platform:operate",
  params: RuleOfTenantParams,
  query: SubjectQuery,
  body: OverrideChangeBody,
  bodyExample: { limit: 60_000, burst: 5_000, expiresAt: "2026-12-24T00:00:00Z" },
  headers: IF_MATCH_HEADER,
  responses: {
    200: { description: "What holds now", schema: OverrideBody, example: EXAMPLE_OVERRIDE, headers: ETAG_HEADER },
  },
  problems: ["precondition_failed", "quota_exceeded", "tenant_not_in_state"],
  handle: async ({ c, deps, params: { tenantId, rule: name }, query, body: { expiresAt, ...change } }) => {
    const ifVersion = readIfMatch(c);
    if (!ifVersion.ok) return ifVersion.error;
    const meant = ruleOfTenant(deps.limits.rules, name, query.subject);
    if (!meant.ok) return refused(c, meant.error);
    const { rule, subject } = meant.value;
    if (tenantId === PLATFORM_TENANT) {
      const detail = "The platform's own tenant keeps the limits of the rules: they let its operators in.";
      return problem(c, "tenant_not_in_state", detail);
    }
    const expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt);
    if (expiresAtMs !== null && expiresAtMs <= deps.now()) {
      const errors = [{ pointer: "/expiresAt", detail: "This is not in the future." }];
      return problem(c, "invalid_request", "The limit would have ended already.", { errors });
    }
    const next = changed(rule, change);
    if (!next.success) {
      const errors = next.error.issues.map(({ path, message }) => ({
        pointer: path.map((part) => `/${String(part)}`).join(""),
        detail: message,
      }));
      return problem(c, "invalid_request", "The limit does not fit together with the rest of the rule.", { errors });
    }
    const tenant = await deps.tenants(tenantId).getTenant();
    if (!tenant.ok) return refused(c, tenant.error);
    const { algorithm, limit, windowMs, burst, penalty } = next.data;
    const policy = { algorithm, limit, windowMs, burst, penalty };
    const set = await deps.limits
      .ofTenant(tenantId)
      .putOverride({ rule: name, subject, policy, expiresAtMs }, ifVersion.value);
    if (!set.ok) return refused(c, set.error);
    const { before, after } = set.value;
    c.set("audit", {
      resource: { type: "rateLimit", id: `${tenantId} ${name} ${subject}` },
      before: before === null ? null : viewOfOverride(before),
      after: viewOfOverride(after),
    });
    return c.json(viewOfOverride(after), 200, { etag: versionTag(after.version) });
  },
});
