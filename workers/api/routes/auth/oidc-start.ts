import { z } from "zod";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { answerFault, loginCookie, OidcParams } from "./oidc-exchange.ts";
import { LOGIN_SECONDS } from "../../../access/oidc/login-state.ts";

const Query = z.strictObject({
  remember: z.enum(["true", "false"]).default("false").describe("`true`: a session of 7 days instead of 8 hours"),
});

export const startOidcLogin = defineRoute({
  method: "get",
  path: "/v1/auth/oidc/{provider}/start",
  operationId: "startOidcLogin",
  summary: "Log in through an identity provider",
  description:
    "Sends the browser to the provider to sign in. What belongs to this login is kept in a cookie of the browser for ten minutes; the provider sends the browser back to the callback.",
  tag: "auth",
  permission: null,
  params: OidcParams,
  query: Query,
  body: null,
  responses: {
    302: {
      description: "To the provider",
      headers: { Location: "Where to sign in", "Set-Cookie": "What belongs to this login, sealed" },
    },
  },
  problems: ["oidc_provider_unavailable"],
  handle: async ({ c, deps, params, query }) => {
    const provider = deps.oidc.provider(params.provider);
    if (provider === null) return problem(c, "not_found", "There is no such identity provider.");
    const begun = await deps.oidc.begin(provider, query.remember === "true");
    if (!begun.ok) return answerFault(c, provider, begun.error);
    const { location, sealed } = begun.value;
    return new Response(null, {
      status: 302,
      headers: { location, "set-cookie": loginCookie(deps, sealed, LOGIN_SECONDS), "cache-control": "no-store" },
    });
  },
});
