import { ETAG_HEADER, IF_NONE_MATCH_HEADER, versioned } from "../../entity-tag.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { EXAMPLE_TENANT, TenantBody } from "../tenant/schemas.ts";
import { TenantParams } from "./schemas.ts";

export const getPlatformTenant = defineRoute({
  method: "get",
  path: "/v1/platform/tenants/{tenantId}",
  operationId: "getPlatformTenant",
  summary: "Read a tenant",
  description: "Its profile and standing; nothing of what it stores.",
  tag: "platform",
  permission: "platform:operate",
  params: TenantParams,
  query: Nothing,
  body: null,
  headers: IF_NONE_MATCH_HEADER,
  responses: {
    200: { description: "The tenant", schema: TenantBody, example: EXAMPLE_TENANT, headers: ETAG_HEADER },
    304: { description: "The caller has this version" },
  },
  problems: [],
  handle: async ({ c, deps, params }) => {
    const found = await deps.tenants(params.tenantId).getTenant();
    return found.ok ? versioned(c, found.value.version, found.value) : refused(c, found.error);
  },
});
