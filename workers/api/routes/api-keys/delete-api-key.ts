import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { KeyParams } from "./schemas.ts";

export const deleteApiKey = defineRoute({
  method: "delete",
  path: "/v1/api-keys/{keyId}",
  operationId: "deleteApiKey",
  summary: "Delete an API key",
  description: "For good. When this answers, which takes up to 2 seconds, the key opens nothing any more, anywhere.",
  tag: "api keys",
  permission: "keys:manage",
  params: KeyParams,
  query: Nothing,
  body: null,
  responses: { 204: { description: "The key is deleted" } },
  problems: [],
  handle: async ({ c, deps, tenant, params }) => {
    const deleted = await deps.tenants(tenant).deleteKey(params.keyId);
    return deleted.ok ? c.body(null, 204) : refused(c, deleted.error);
  },
});
