import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { EXAMPLE_QUOTAS, QuotasBody } from "./schemas.ts";

export const getQuotas = defineRoute({
  method: "get",
  path: "/v1/tenant/quotas",
  operationId: "getQuotas",
  summary: "Read what the tenant may hold and spend",
  description:
    "`assets`, `bytes` and `jobs` are held and come back; `gpuSeconds` and `moneyCents` are spent and begin anew with each month (UTC). A limit of null is none.",
  tag: "tenant",
  permission: "tenant:read",
  params: Nothing,
  query: Nothing,
  body: null,
  responses: { 200: { description: "The quotas", schema: QuotasBody, example: EXAMPLE_QUOTAS } },
  problems: [],
  handle: async ({ c, deps, tenant }) => c.json({ quotas: await deps.tenants(tenant).quotas() }),
});
