import { z } from "zod";
import { ETAG_HEADER, IF_MATCH_HEADER, readIfMatch, versionTag } from "../../entity-tag.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { EXAMPLE_TENANT, TenantBody } from "./schemas.ts";

export const updateTenant = defineRoute({
  method: "put",
  path: "/v1/tenant",
  operationId: "updateTenant",
  summary: "Rename the caller's tenant",
  description: "With `If-Match` the name changes only while the tenant has that version.",
  tag: "tenant",
  permission: "tenant:manage",
  params: Nothing,
  query: Nothing,
  body: z.strictObject({ name: z.string().trim().min(1).max(200) }),
  bodyExample: { name: "Harbour Archive" },
  headers: IF_MATCH_HEADER,
  responses: {
    200: { description: "The tenant after that", schema: TenantBody, example: EXAMPLE_TENANT, headers: ETAG_HEADER },
  },
  problems: ["not_found", "precondition_failed"],
  handle: async ({ c, deps, tenant, body }) => {
    const ifVersion = readIfMatch(c);
    if (!ifVersion.ok) return ifVersion.error;
    const renamed = await deps.tenants(tenant).renameTenant(body.name, ifVersion.value);
    if (!renamed.ok) return refused(c, renamed.error);
    return c.json(renamed.value, 200, { etag: versionTag(renamed.value.version) });
  },
});
