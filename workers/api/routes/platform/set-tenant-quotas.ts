import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { EXAMPLE_QUOTAS, QuotasBody } from "../tenant/schemas.ts";
import { QuotaChangeBody, TenantParams } from "./schemas.ts";

export const setTenantQuotas = defineRoute({
  method: "put",
  path: "/v1/platform/tenants/{tenantId}/quotas",
  operationId: "setTenantQuotas",
  summary: "Set what a tenant may hold and spend",
  description:
    "What is left out stays; null takes the limit away. A limit below what is used takes nothing away: it refuses what comes next.",
  tag: "platform",
  permission: "platform:operate",
  params: TenantParams,
  query: Nothing,
  body: QuotaChangeBody,
  bodyExample: { assets: 100_000, gpuSeconds: null },
  responses: { 200: { description: "The quotas after that", schema: QuotasBody, example: EXAMPLE_QUOTAS } },
  problems: [],
  handle: async ({ c, deps, params, body }) => {
    const set = await deps.tenants(params.tenantId).setQuotas(body);
    return set.ok ? c.json({ quotas: set.value }) : refused(c, set.error);
  },
});
