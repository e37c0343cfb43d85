import { ETAG_HEADER, IF_NONE_MATCH_HEADER, versioned } from "../../entity-tag.ts";
import { problem, refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import {
  EXAMPLE_OVERRIDE,
  OverrideBody,
  RuleOfTenantParams,
  ruleOfTenant,
  SubjectQuery,
  viewOfOverride,
} from "./schemas.ts";

export const getTenantRateLimit = defineRoute({
  method: "get",
  path: "/v1/platform/tenants/{tenantId}/rate-limits/{rule}",
  operationId: "getTenantRateLimit",
  summary: "Read where a rule is another for a tenant",
  description: "404 when the rule of the deployment holds as it is.",
  tag: "platform",
  permission: "platform:operate",
  params: RuleOfTenantParams,
  query: SubjectQuery,
  body: null,
  headers: IF_NONE_MATCH_HEADER,
  responses: {
    200: { description: "The override", schema: OverrideBody, example: EXAMPLE_OVERRIDE, headers: ETAG_HEADER },
    304: { description: "The caller has this version" },
  },
  problems: [],
  handle: async ({ c, deps, params: { tenantId, rule }, query }) => {
    const meant = ruleOfTenant(deps.limits.rules, rule, query.subject);
    if (!meant.ok) return refused(c, meant.error);
    const tenant = await deps.tenants(tenantId).getTenant();
    if (!tenant.ok) return refused(c, tenant.error);
    const { subject } = meant.value;
    const overrides = await deps.limits.ofTenant(tenantId).overrides();
    const found = overrides.find((each) => each.rule === rule && each.subject === subject);
    if (found === undefined) return problem(c, "not_found", "The rule holds as it is.");
    return versioned(c, found.version, viewOfOverride(found));
  },
});
