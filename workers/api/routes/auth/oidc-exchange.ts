/** What the two routes of a login through an identity provider share. */
import type { Context } from "hono";
import { z } from "zod";
import type { OidcFault } from "../../../access/oidc/oidc.ts";
import type { OidcProvider } from "../../../access/oidc/providers.ts";
import type { ApiDeps, ApiEnv } from "../../deps.ts";
import { logLine } from "../../log.ts";
import { problem } from "../../problem.ts";

export const OidcParams = z.strictObject({
  provider: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .describe("As the deployment calls it"),
});

export const LOGIN_COOKIE = "aima_oidc";

/** `Lax`: the way back is a navigation that another site begins, and the cookie has to come with it. */
export const loginCookie = (deps: Pick<ApiDeps, "environment">, sealed: string, maxAgeSeconds: number): string =>
  [
    `${LOGIN_COOKIE}=${sealed}`,
    "Path=/v1/auth/oidc",
    `Max-Age=${maxAgeSeconds}`,
    "HttpOnly",
    "SameSite=Lax",
    ...(deps.environment === "dev" ? [] : ["Secure"]),
  ].join("; ");

const DETAILS = {
  oidc_provider_unavailable: "The identity provider does not answer as it should.",
  oidc_login_failed: "This login was not begun here, has ended, or is not vouched for by the provider.",
} as const satisfies Record<OidcFault["code"], string>;

/** The operator reads why; a stranger does not. */
export function answerFault(c: Context<ApiEnv>, provider: OidcProvider, { code, reason }: OidcFault): Response {
  logLine({ event: code, requestId: c.var.requestId, provider: provider.id, reason });
  return problem(c, code, DETAILS[code]);
}
