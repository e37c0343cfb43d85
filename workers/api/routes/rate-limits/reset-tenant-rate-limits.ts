import { z } from "zod";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { TenantParams } from "../platform/schemas.ts";
import { SubjectQuery } from "./schemas.ts";

export const resetTenantRateLimits = defineRoute({
  method: "delete",
  path: "/v1/platform/tenants/{tenantId}/rate-limit-counts",
  operationId: "resetTenantRateLimits",
  summary: "Forget what is counted on a tenant",
  description:
    "On the tenant, all of its users, keys and routes, or with `subject` on one of them. The whole quota is there again and pauses are over; limits stay as they are set. An edge that was told to refuse by itself does so for at most a quarter of a second more.",
  tag: "platform",
  permission: "platform:operate",
  params: TenantParams,
  query: SubjectQuery,
  body: null,
  responses: {
    200: {
      description: "Forgotten",
      schema: z.strictObject({ forgotten: z.int().min(0).describe("Counts that there were, one a rule and account") }),
      example: { forgotten: 3 },
    },
  },
  problems: [],
  handle: async ({ c, deps, params: { tenantId }, query: { subject = null } }) => {
    const tenant = await deps.tenants(tenantId).getTenant();
    if (!tenant.ok) return refused(c, tenant.error);
    const forgotten = await deps.limits.ofTenant(tenantId).reset(subject);
    c.set("audit", {
      resource: { type: "rateLimit", id: `${tenantId} ${subject ?? "all"}` },
      before: { counts: forgotten },
      after: { counts: 0 },
    });
    return c.json({ forgotten });
  },
});
