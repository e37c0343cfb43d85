import { ETAG_HEADER, IF_NONE_MATCH_HEADER, versioned } from "../../entity-tag.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { EXAMPLE_TENANT, TenantBody } from "./schemas.ts";

export const getTenant = defineRoute({
  method: "get",
  path: "/v1/tenant",
  operationId: "getTenant",
  summary: "Read the caller's tenant",
  description: "Its name, where its data may live, and how many members it has.",
  tag: "tenant",
  permission: "tenant:read",
  params: Nothing,
  query: Nothing,
  body: null,
  headers: IF_NONE_MATCH_HEADER,
  responses: {
    200: { description: "The tenant", schema: TenantBody, example: EXAMPLE_TENANT, headers: ETAG_HEADER },
    304: { description: "The caller has this version" },
  },
  problems: ["not_found"],
  handle: async ({ c, deps, tenant }) => {
    const found = await deps.tenants(tenant).getTenant();
    return found.ok ? versioned(c, found.value.version, found.value) : refused(c, found.error);
  },
});
