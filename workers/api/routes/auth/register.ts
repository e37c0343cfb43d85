import { z } from "zod";
import { TenantId } from "../../../../shared/contracts/asset.ts";
import { Email, FullName, Password, Username } from "../../../../shared/contracts/user.ts";
import { assessPassword } from "../../../../shared/core/identity/password-policy.ts";
import { refuse } from "../../../../shared/core/result.ts";
import type { Refusal } from "../../../../shared/errors/refusal.ts";
import { problem, refused } from "../../problem.ts";
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

const emailTaken = refuse<Refusal>({ code: "email_taken", detail: "" });

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
    const fresh = { kind: "registered", role: "user", permissions: [], email, username, fullName, password } as const;
    const entered = byEmail === null ? await enter(deps, tenant, fresh, once) : emailTaken;
    if (entered.ok) return c.body(null, 202);
    if (entered.error.code !== "email_taken") return refused(c, entered.error);
    const known = byEmail?.userId ?? decoyUserId(deps.decoyKey, tenant, email);
    await deps.accounts(tenant, known).registeredAgain(password);
    return c.body(null, 202);
  },
});
