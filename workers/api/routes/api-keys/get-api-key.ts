import { ETAG_HEADER, IF_NONE_MATCH_HEADER, versioned } from "../../entity-tag.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { ApiKeyBody, EXAMPLE, KeyParams } from "./schemas.ts";

export const getApiKey = defineRoute({
  method: "get",
  path: "/v1/api-keys/{keyId}",
  operationId: "getApiKey",
  summary: "Read an API key",
  description: "What the key may do, until when, and when it was last used (within a minute). Never its secret.",
  tag: "api keys",
  permission: "keys:read",
  params: KeyParams,
  query: Nothing,
  body: null,
  headers: IF_NONE_MATCH_HEADER,
  responses: {
    200: { description: "The key", schema: ApiKeyBody, example: EXAMPLE, headers: ETAG_HEADER },
    304: { description: "The caller has this version" },
  },
  problems: [],
  handle: async ({ c, deps, tenant, params }) => {
    const key = await deps.tenants(tenant).getKey(params.keyId);
    return key.ok ? versioned(c, key.value.version, key.value) : refused(c, key.error);
  },
});
