import { IF_MATCH_HEADER, readIfMatch } from "../../entity-tag.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { RuleOfTenantParams, ruleOfTenant, SubjectQuery, viewOfOverride } from "./schemas.ts";

export const deleteTenantRateLimit = defineRoute({
  method: "delete",
  path: "/v1/platform/tenants/{tenantId}/rate-limits/{rule}",
  operationId: "deleteTenantRateLimit",
  summary: "Give a tenant the limit of the rule again",
  description:
    "What was counted so far counts on. It holds from this answer on, but an edge may still spend the lease it has: at most 1 % of the limit before, for at most a second. Repeated, it answers the same.",
  tag: "platform",
  permission: "platform:operate",
  params: RuleOfTenantParams,
  query: SubjectQuery,
  body: null,
  headers: IF_MATCH_HEADER,
  responses: { 204: { description: "The rule holds as it is" } },
  problems: ["precondition_failed"],
  handle: async ({ c, deps, params: { tenantId, rule }, query }) => {
    const ifVersion = readIfMatch(c);
    if (!ifVersion.ok) return ifVersion.error;
    const meant = ruleOfTenant(deps.limits.rules, rule, query.subject);
    if (!meant.ok) return refused(c, meant.error);
    const tenant = await deps.tenants(tenantId).getTenant();
    if (!tenant.ok) return refused(c, tenant.error);
    const { subject } = meant.value;
    const gone = await deps.limits.ofTenant(tenantId).deleteOverride(rule, subject, ifVersion.value);
    if (!gone.ok) return refused(c, gone.error);
    c.set("audit", {
      resource: { type: "rateLimit", id: `${tenantId} ${rule} ${subject}` },
      before: gone.value === null ? null : viewOfOverride(gone.value),
    });
    return c.body(null, 204);
  },
});
