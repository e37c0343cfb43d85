/** The routes that a mail or a password that is too old leads to: each redeems its token once. */
import type { Context } from "hono";
import { z } from "zod";
import type { UserView } from "../../../../shared/contracts/user.ts";
import { Password } from "../../../../shared/contracts/user.ts";
import { parseMailedToken } from "../../../../shared/core/identity/secret-token.ts";
import type { ApiDeps, ApiEnv } from "../../deps.ts";
import { loginSucceeded } from "../../middleware/rate-limit.ts";
import { problem, refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { Token, USER_EXAMPLE, UserBody } from "./schemas.ts";

type Where = { readonly tenant: string; readonly userId: string };

const TOKEN_EXAMPLE = "aimt_invite_01M85NKE_01M85NKE4DP0RP9DAQ2HN40J9C_…";
const common = { method: "post", tag: "auth", permission: null, params: Nothing, query: Nothing } as const;
const activeUser = { 200: { description: "The account is active", schema: UserBody, example: USER_EXAMPLE } };

const invalid = (c: Context<ApiEnv>): Response =>
  problem(c, "invalid_token", "The token is not valid, or not any more.");

/** The token was right: the attempt does not count, and the row of the audit log names who it was. */
async function redeemed(c: Context<ApiEnv>, deps: ApiDeps, { tenant, userId }: Where): Promise<void> {
  await loginSucceeded(c, deps);
  c.set("audit", { tenant, actor: { kind: "user", id: userId }, resource: { type: "user", id: userId } });
}

async function activated(c: Context<ApiEnv>, deps: ApiDeps, where: Where, view: UserView): Promise<Response> {
  if (view.status === "active") await deps.members(where.tenant).confirmMember(where.userId, "active");
  await redeemed(c, deps, where);
  return c.json(view);
}

export const acceptInvitation = defineRoute({
  ...common,
  path: "/v1/auth/accept-invitation",
  operationId: "acceptInvitation",
  summary: "Accept an invitation",
  description:
    "Sets the password of an invited user, and proves the address. The token is good for seven days and once.",
  body: z.strictObject({ token: Token, password: Password }),
  bodyExample: { token: TOKEN_EXAMPLE, password: "Correct-Horse-7-Staple" },
  responses: activeUser,
  problems: ["invalid_token", "weak_password"],
  handle: async ({ c, deps, body }) => {
    const token = parseMailedToken("invite", body.token);
    if (token === null) return invalid(c);
    const accepted = await deps.accounts(token.tenant, token.userId).acceptInvitation(token.secret, body.password);
    return accepted.ok ? activated(c, deps, token, accepted.value) : refused(c, accepted.error);
  },
});

export const verifyEmail = defineRoute({
  ...common,
  path: "/v1/auth/verify-email",
  operationId: "verifyEmail",
  summary: "Prove an e-mail address",
  description: "Makes the account of somebody who registered active. The token is good for 24 hours and once.",
  body: z.strictObject({ token: Token }),
  bodyExample: { token: TOKEN_EXAMPLE.replace("invite", "verify") },
  responses: activeUser,
  problems: ["invalid_token"],
  handle: async ({ c, deps, body }) => {
    const token = parseMailedToken("verify", body.token);
    if (token === null) return invalid(c);
    const verified = await deps.accounts(token.tenant, token.userId).verifyMail(token.secret);
    return verified.ok ? activated(c, deps, token, verified.value) : refused(c, verified.error);
  },
});

export const resetPassword = defineRoute({
  ...common,
  path: "/v1/auth/reset-password",
  operationId: "resetPassword",
  summary: "Set a new password with a token",
  description:
    "With a token that was mailed, good for an hour and once: ends all sessions and a lock. With the `changeToken` of `password_expired`, good for 15 minutes and once: ends all sessions. The new password is another than the one before.",
  body: z.strictObject({ token: Token, password: Password }),
  bodyExample: { token: TOKEN_EXAMPLE.replace("invite", "reset"), password: "Correct-Horse-7-Staple" },
  responses: { 204: { description: "The new password counts" } },
  problems: ["invalid_token", "weak_password"],
  handle: async ({ c, deps, body }) => {
    const token = parseMailedToken("reset", body.token) ?? parseMailedToken("expired", body.token);
    if (token === null) return invalid(c);
    const { purpose, secret } = token;
    const account = deps.accounts(token.tenant, token.userId);
    const reset = await (purpose === "expired"
      ? account.replaceExpiredPassword(secret, body.password)
      : account.resetPassword(secret, body.password));
    if (!reset.ok) return refused(c, reset.error);
    await redeemed(c, deps, token);
    return c.body(null, 204);
  },
});
