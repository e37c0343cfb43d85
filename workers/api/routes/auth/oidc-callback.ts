import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { z } from "zod";
import type { Member } from "../../../../shared/contracts/tenant.ts";
import { ok, refuse, type Result } from "../../../../shared/core/result.ts";
import type { Refusal } from "../../../../shared/errors/refusal.ts";
import type { OidcProvider } from "../../../access/oidc/providers.ts";
import type { ApiDeps, ApiEnv } from "../../deps.ts";
import { loginSucceeded } from "../../middleware/rate-limit.ts";
import { problem, refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { enter } from "../users/membership.ts";
import { answerSession } from "./answer-session.ts";
import { originOf } from "./caller.ts";
import { answerFault, LOGIN_COOKIE, loginCookie, OidcParams } from "./oidc-exchange.ts";
import { TOKENS_EXAMPLE, TokensBody } from "./schemas.ts";

/** Providers send more than these, each its own. */
const Query = z.looseObject({
  code: z.string().min(1).max(4_096).optional().describe("Good once"),
  state: z.string().max(256).optional(),
  iss: z.string().max(512).optional(),
  error: z.string().max(256).optional().describe("Instead of `code`: why nobody is vouched for"),
});

export const finishOidcLogin = defineRoute({
  method: "get",
  path: "/v1/auth/oidc/{provider}/callback",
  operationId: "finishOidcLogin",
  summary: "Come back from an identity provider",
  description:
    "Opens a session for the member whose e-mail address the provider has proven, in the browser that began the login and once. Whoever has no account is let in only where the deployment makes accounts for this provider. The provider answers for a second factor.",
  tag: "auth",
  permission: null,
  params: OidcParams,
  query: Query,
  body: null,
  responses: { 200: { description: "The session is open", schema: TokensBody, example: TOKENS_EXAMPLE } },
  problems: [
    "oidc_login_failed",
    "oidc_email_unverified",
    "oidc_no_account",
    "oidc_provider_unavailable",
    "invalid_credentials",
    "account_not_active",
    "tenant_suspended",
    "email_taken",
  ],
  handle: async ({ c, deps, params, query }) => {
    const provider = deps.oidc.provider(params.provider);
    if (provider === null) return problem(c, "not_found", "There is no such identity provider.");
    const answer = await comeBack(c, deps, provider, query);
    // However it ended, this login has.
    answer.headers.append("set-cookie", loginCookie(deps, "", 0));
    return answer;
  },
});

async function comeBack(
  c: Context<ApiEnv>,
  deps: ApiDeps,
  provider: OidcProvider,
  { code, state, iss, error }: z.output<typeof Query>,
): Promise<Response> {
  const { tenant } = provider;
  const members = deps.members(tenant);
  const standing = await members.standing();
  if (standing !== null) c.set("audit", { tenant });
  const given = Object.entries({ code, state, iss, error }).filter(
    (each): each is [string, string] => each[1] !== undefined,
  );
  const vouched = await deps.oidc.finish(provider, getCookie(c, LOGIN_COOKIE) ?? null, new URLSearchParams(given));
  if (!vouched.ok) return answerFault(c, provider, vouched.error);
  if (standing?.value.active !== true) {
    return problem(c, "tenant_suspended", "Nobody logs in to a tenant that is not active.");
  }
  const { subject, verifiedEmail, fullName, remember } = vouched.value;
  if (verifiedEmail === null) return problem(c, "oidc_email_unverified", "The provider has proven no e-mail address.");
  const found = await memberOf(deps, provider, verifiedEmail, fullName);
  if (!found.ok) return refused(c, found.error);
  const { userId, status } = found.value;
  c.set("audit", { tenant, actor: { kind: "user", id: userId } });
  const login = { provider: provider.id, subject, verifiedEmail, remember, ...originOf(c) };
  const opened = await deps.accounts(tenant, userId).logInExternally(login);
  if (!opened.ok) return refused(c, opened.error);
  await loginSucceeded(c, deps);
  // Who gets in is active; a directory that was not told so at the time learns it here.
  if (status !== "active") await members.confirmMember(userId, "active");
  return answerSession(c, deps, opened.value);
}

/** The member with this address, made now where the provider may do so. */
async function memberOf(
  deps: ApiDeps,
  { tenant, autoCreate }: OidcProvider,
  email: string,
  fullName: string | null,
): Promise<Result<Pick<Member, "userId" | "status">, Refusal>> {
  const known = await deps.members(tenant).memberByLogin(email);
  if (known !== null) return ok(known);
  if (autoCreate === undefined) {
    return refuse({ code: "oidc_no_account", detail: "No member of the tenant has this e-mail address." });
  }
  const fresh = { kind: "external", role: autoCreate, permissions: [], email, username: null, fullName } as const;
  const entered = await enter(deps, tenant, fresh, null);
  return entered.ok ? ok({ userId: entered.value.id, status: "active" }) : entered;
}
