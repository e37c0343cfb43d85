import { ETAG_HEADER } from "../../entity-tag.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { CreateApiKeyBody, EXAMPLE, EXAMPLE_SECRET, issued, IssuedApiKeyBody, makerOf } from "./schemas.ts";

export const createApiKey = defineRoute({
  method: "post",
  path: "/v1/api-keys",
  operationId: "createApiKey",
  summary: "Create an API key",
  description:
    "The answer shows the whole key, this once. A key may do at most what its maker may, also later: with a role or permission its maker loses it, and with the maker's suspension or removal it opens nothing. Nobody is behind the keys of the bootstrap and those made with them. `*` stands for all of the tenant's permissions. Repeated under the same `Idempotency-Key`, it makes no second key and shows no secret again: the 409 `secret_shown` names the key.",
  tag: "api keys",
  permission: "keys:manage",
  params: Nothing,
  query: Nothing,
  body: CreateApiKeyBody,
  bodyExample: {
    name: "Nightly import",
    permissions: ["assets:read", "assets:write"],
    expiresAt: "2027-11-25T09:00:00Z",
    limit: { limit: 600, windowSeconds: 60 },
  },
  responses: {
    201: {
      description: "The key, with its secret",
      schema: IssuedApiKeyBody,
      headers: { Location: "The key's path", ...ETAG_HEADER, ...REPLAYED_HEADER },
      example: { ...EXAMPLE, secret: EXAMPLE_SECRET },
    },
  },
  problems: ["secret_shown"],
  handle: async ({ c, deps, tenant, body, once }) => {
    const made = await deps.tenants(tenant).createKey(body, makerOf(c), once);
    markReplayed(c, made);
    return made.ok ? issued(c, 201, made.value) : refused(c, made.error);
  },
});
