import { z } from "zod";
import { PublicJwk } from "../../../../shared/tokens/access-token-keys.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";

/** A key that has just been added is known everywhere after so long; only then may it be made the first. */
const MAX_AGE_SECONDS = 300;

export const getJwks = defineRoute({
  method: "get",
  path: "/.well-known/jwks.json",
  operationId: "getJwks",
  summary: "The keys that access tokens are verified with",
  description:
    "A JWK set (RFC 7517): for services that accept access tokens of this deployment. Whether a session is still open is known here only.",
  tag: "auth",
  permission: null,
  params: Nothing,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The public keys",
      schema: z.strictObject({ keys: z.array(PublicJwk) }),
      example: {
        keys: [
          {
            kty: "OKP",
            crv: "Ed25519",
            kid: "5f0c3a9be417",
            alg: "EdDSA",
            use: "sig",
            x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
          },
        ],
      },
    },
  },
  problems: [],
  handle: ({ c, deps: { jwks } }) =>
    c.json({ keys: [...jwks.keys] }, 200, { "cache-control": `public, max-age=${MAX_AGE_SECONDS}` }),
});
