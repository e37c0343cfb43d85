import { ETAG_HEADER } from "../../entity-tag.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { EXAMPLE, EXAMPLE_SECRET, issued, IssuedApiKeyBody, KeyParams, makerOf, RollApiKeyBody } from "./schemas.ts";

export const rollApiKey = defineRoute({
  method: "post",
  path: "/v1/api-keys/{keyId}/roll",
  operationId: "rollApiKey",
  summary: "Give an API key a new secret",
  description:
    "The answer shows the new secret, this once. The one before opens for `graceSeconds` longer, at most a day; without grace it opens nothing any more when this answers. Refused to whom lacks a permission of the key. Repeated under the same `Idempotency-Key`, it makes no second secret and shows none again (409 `secret_shown`).",
  tag: "api keys",
  permission: "keys:manage",
  params: KeyParams,
  query: Nothing,
  body: RollApiKeyBody,
  bodyOptional: true,
  bodyExample: { graceSeconds: 3600 },
  responses: {
    200: {
      description: "The key, with its new secret",
      schema: IssuedApiKeyBody,
      example: { ...EXAMPLE, secret: EXAMPLE_SECRET },
      headers: { ...ETAG_HEADER, ...REPLAYED_HEADER },
    },
  },
  problems: ["secret_shown"],
  handle: async ({ c, deps, tenant, params, body, once }) => {
    const rolled = await deps.tenants(tenant).rollKey(params.keyId, body.graceSeconds, makerOf(c), once);
    markReplayed(c, rolled);
    return rolled.ok ? issued(c, 200, rolled.value) : refused(c, rolled.error);
  },
});
