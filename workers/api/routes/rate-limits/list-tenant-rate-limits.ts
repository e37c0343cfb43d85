import { z } from "zod";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { TenantParams } from "../platform/schemas.ts";
import { EXAMPLE_LIMIT, EXAMPLE_OVERRIDE, LimitState, OverrideBody, viewOfOverride } from "./schemas.ts";

export const listTenantRateLimits = defineRoute({
  method: "get",
  path: "/v1/platform/tenants/{tenantId}/rate-limits",
  operationId: "listTenantRateLimits",
  summary: "Read a tenant's limits",
  description:
    "`limits`: what the limits that count all of the tenant's requests together say now. `overrides`: where its limits, and those of its users, keys and routes, differ from the rules of the deployment.",
  tag: "platform",
  permission: "platform:operate",
  params: TenantParams,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The limits",
      schema: z.strictObject({ limits: z.array(LimitState), overrides: z.array(OverrideBody) }),
      example: { limits: [{ ...EXAMPLE_LIMIT, rule: "tenant", subject: "tenant" }], overrides: [EXAMPLE_OVERRIDE] },
    },
  },
  problems: [],
  handle: async ({ c, deps, params: { tenantId } }) => {
    const tenant = await deps.tenants(tenantId).getTenant();
    if (!tenant.ok) return refused(c, tenant.error);
    const limiter = deps.limits.ofTenant(tenantId);
    const ofAll = deps.limits.rules.filter(({ scope, enabled }) => scope === "tenant" && enabled);
    const asks = ofAll.map(({ name, algorithm, limit, windowMs, burst, penalty }) => ({
      policy: { name, algorithm, limit, windowMs, burst, penalty },
      subject: "tenant",
    }));
    const [{ reports }, overrides] = await Promise.all([limiter.peek(asks), limiter.overrides()]);
    return c.json({ limits: reports, overrides: overrides.map(viewOfOverride) });
  },
});
