import { ETAG_HEADER, IF_MATCH_HEADER, readIfMatch, versionTag } from "../../entity-tag.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { ApiKeyBody, EXAMPLE, KeyParams, makerOf, UpdateApiKeyBody } from "./schemas.ts";

export const updateApiKey = defineRoute({
  method: "put",
  path: "/v1/api-keys/{keyId}",
  operationId: "updateApiKey",
  summary: "Change an API key",
  description:
    "What is left out stays; null takes the expiry or the limit away. Fewer permissions, an earlier end and another limit hold everywhere when this answers, which takes up to 2 seconds.",
  tag: "api keys",
  permission: "keys:manage",
  params: KeyParams,
  query: Nothing,
  body: UpdateApiKeyBody,
  bodyExample: { permissions: ["assets:read"], limit: null },
  headers: IF_MATCH_HEADER,
  responses: { 200: { description: "The key after that", schema: ApiKeyBody, example: EXAMPLE, headers: ETAG_HEADER } },
  problems: ["precondition_failed"],
  handle: async ({ c, deps, tenant, params, body }) => {
    const ifVersion = readIfMatch(c);
    if (!ifVersion.ok) return ifVersion.error;
    const key = await deps.tenants(tenant).updateKey(params.keyId, body, makerOf(c), ifVersion.value);
    return key.ok ? c.json(key.value, 200, { etag: versionTag(key.value.version) }) : refused(c, key.error);
  },
});
