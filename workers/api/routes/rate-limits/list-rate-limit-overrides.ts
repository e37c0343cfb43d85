import { z } from "zod";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { EXAMPLE_OVERRIDE, OverrideBody, viewOfOverride } from "./schemas.ts";

export const listRateLimitOverrides = defineRoute({
  method: "get",
  path: "/v1/rate-limits/overrides",
  operationId: "listRateLimitOverrides",
  summary: "List where the tenant's limits differ from the rules",
  description:
    "The limits that an operator of the platform has set for this tenant, its users, keys and routes, in the order of rule and subject. One for a single user or key comes before one for all of them, and that before the rule.",
  tag: "rate limits",
  permission: "limits:read",
  params: Nothing,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The overrides in force, at most 1,000",
      schema: z.strictObject({ overrides: z.array(OverrideBody) }),
      example: { overrides: [EXAMPLE_OVERRIDE] },
    },
  },
  problems: [],
  handle: async ({ c, deps, tenant }) => {
    const overrides = await deps.limits.ofTenant(tenant).overrides();
    return c.json({ overrides: overrides.map(viewOfOverride) });
  },
});
