import { z } from "zod";
import type { NewAccount } from "../../../../shared/contracts/account.ts";
import type { Once } from "../../../../shared/contracts/once.ts";
import { TenantId } from "../../../../shared/contracts/asset.ts";
import { Email, FullName, Password, Username } from "../../../../shared/contracts/user.ts";
import { assessPassword } from "../../../../shared/core/identity/password-policy.ts";
import { afterAnswer } from "../../after-answer.ts";
import type { ApiDeps } from "../../deps.ts";
import { beginAudit } from "../../middleware/audit.ts";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { enter } from "../users/membership.ts";
import { decoyUserId } from "./decoy.ts";

const Body = z.strictObject({
  tenant: TenantId,
  email: Email,
  password: Password,
  username: Username.optional(),
  fullName: FullName.optional(),
});

type Registration = Extract<NewAccount, { readonly kind: "registered" }>;

async function join(
  deps: ApiDeps,
  tenant: string,
  fresh: Omit<Registration, "tenant" | "userId">,
  once: Once | null,
): Promise<void> {
  const entered = await enter(deps, tenant, fresh, once);
  if (entered.ok) return;
  // Somebody else is about to register with the address.
  if (entered.error.code !== "email_taken") throw new Error(entered.error.code);
  await again(deps, tenant, decoyUserId(deps.decoyKey, tenant, fresh.email), fresh.password);
}

const again = (deps: ApiDeps, tenant: string, userId: string, password: string): Promise<void> =>
  deps.accounts(tenant, userId).registeredAgain(password);

export const register = defineRoute({
  method: "post",
  path: "/v1/auth/register",
  operationId: "register",
  summary: "Register",
  description:
    "Makes an account with the role `user`, where the deployment lets anybody register, and mails a token that proves the address. The answer does not tell whether the address has an account already; its owner is told by mail.",
  tag: "auth",
  permission: null,
  params: Nothing,
  query: Nothing,
  body: Body,
  bodyExample: { tenant: "ten_01M85NKE", email: "ada@example.com", password: "Correct-Horse-7-Staple" },
  responses: { 202: { description: "A mail is on its way" } },
  problems: ["registration_closed", "weak_password", "username_taken", "not_found"],
  handle: async ({ c, deps, once, body }) => {
    const { tenant, email, password, username = null, fullName = null } = body;
    if (deps.registration !== "open") return problem(c, "registration_closed", "Ask for an invitation.");
    const members = deps.members(tenant);
    const [standing, byEmail, byName] = await Promise.all([
      members.standing(),
      members.memberByLogin(email),
      username === null ? null : members.memberByLogin(username),
    ]);
    if (standing?.value.active !== true) return problem(c, "not_found", "There is no such tenant to register with.");
    c.set("audit", { tenant });
    const names = [email, username].filter((name) => name !== null);
    const { problems } = assessPassword(password, { names, previous: null });
    if (problems.length > 0) return problem(c, "weak_password", `The password is refused: ${problems.join(", ")}.`);
    // Before the address is looked at, so that the answer is the same with and without an account.
    if (byName !== null) return problem(c, "username_taken", "A member has this user name.");
    const away = await beginAudit(c, deps, { tenant });
    if (away !== null) return away;
    const fresh = { kind: "registered", role: "user", permissions: [], email, username, fullName, password } as const;
    // Not waited for: making an account takes its time, where there is none.
    const work = byEmail === null ? join(deps, tenant, fresh, once) : again(deps, tenant, byEmail.userId, password);
    await afterAnswer(c, work, "registration_failed");
    return c.body(null, 202);
  },
});
