import type { Context } from "hono";
import { z } from "zod";
import { TenantId } from "../../../../shared/contracts/asset.ts";
import type { Member } from "../../../../shared/contracts/tenant.ts";
import { Password } from "../../../../shared/contracts/user.ts";
import type { ApiDeps, ApiEnv } from "../../deps.ts";
import { beginAudit } from "../../middleware/audit.ts";
import { loginSucceeded } from "../../middleware/rate-limit.ts";
import { problem, refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { answerSession } from "./answer-session.ts";
import { originOf } from "./caller.ts";
import { decoyUserId } from "./decoy.ts";
import { refusalFloor } from "./refusal-floor.ts";
import { TOKENS_EXAMPLE, TokensBody } from "./schemas.ts";

const Body = z.strictObject({
  tenant: TenantId,
  login: z.string().trim().min(1).max(320).describe("E-mail address or user name"),
  password: Password,
  totp: z
    .string()
    .regex(/^\d{6}$/)
    .optional()
    .describe("6 digits of the authenticator"),
  recoveryCode: z.string().min(1).max(64).optional().describe("Instead of `totp`; good once"),
  remember: z.boolean().default(false).describe("A session of 7 days instead of 8 hours"),
});

/** The row of the attempt, in the log of the tenant that is there. */
function beginAttempt(c: Context<ApiEnv>, deps: ApiDeps, tenant: string, member: Member | null) {
  const actor = { kind: member === null ? "anonymous" : "user", id: member?.userId ?? null } as const;
  return beginAudit(c, deps, { tenant, actor });
}

export const login = defineRoute({
  method: "post",
  path: "/v1/auth/login",
  operationId: "login",
  summary: "Log in",
  description:
    "Opens a session. Five failures within 30 minutes lock the account for 30 minutes, also one that does not exist: the answers do not tell. A user has at most five sessions; the oldest ends, and the answer comes when nobody believes in it any more. A password that is too old (`PASSWORD_MAX_AGE_DAYS`) opens no session: the 403 `password_expired` has a token that sets another.",
  tag: "auth",
  permission: null,
  params: Nothing,
  query: Nothing,
  body: Body,
  bodyExample: { tenant: "ten_01M85NKE", login: "ada@example.com", password: "Correct-Horse-7-Staple" },
  responses: { 200: { description: "The session is open", schema: TokensBody, example: TOKENS_EXAMPLE } },
  problems: [
    "invalid_credentials",
    "account_locked",
    "totp_required",
    "account_not_active",
    "password_expired",
    "tenant_suspended",
  ],
  handle: async ({ c, deps, body: { tenant, login: name, totp = null, recoveryCode = null, password, remember } }) => {
    const sinceMs = deps.now();
    const members = deps.members(tenant);
    const [standing, member] = await Promise.all([members.standing(), members.memberByLogin(name)]);
    const away = standing === null ? null : await beginAttempt(c, deps, tenant, member);
    if (away !== null) return away;
    const account = deps.accounts(tenant, member?.userId ?? decoyUserId(deps.decoyKey, tenant, name));
    const opened = await account.logIn({ password, totp, recoveryCode, remember, ...originOf(c) });
    if (!opened.ok) {
      // Everything was right but the age: no attempt to guess.
      if (opened.error.code === "password_expired") await loginSucceeded(c, deps);
      await refusalFloor(deps, sinceMs);
      return refused(c, opened.error);
    }
    if (standing?.value.active !== true) {
      await account.logOut(opened.value.sessionId);
      return problem(c, "tenant_suspended", "Nobody logs in to a tenant that is not active.");
    }
    await loginSucceeded(c, deps);
    // Who gets in is active; a directory that was not told so at the time learns it here.
    if (member !== null && member.status !== "active") await members.confirmMember(member.userId, "active");
    return answerSession(c, deps, opened.value);
  },
});
