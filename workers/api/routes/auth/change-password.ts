import { z } from "zod";
import { Password } from "../../../../shared/contracts/user.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { selfOf } from "./caller.ts";

export const changePassword = defineRoute({
  method: "post",
  path: "/v1/auth/change-password",
  operationId: "changePassword",
  summary: "Change the password",
  description: "Ends all other sessions. A wrong current password counts as a failed login.",
  tag: "auth",
  permission: "account:self",
  params: Nothing,
  query: Nothing,
  body: z.strictObject({ currentPassword: Password, newPassword: Password }),
  bodyExample: { currentPassword: "Correct-Horse-7-Staple", newPassword: "vK7#mQ2xL!9p" },
  responses: { 204: { description: "The new password counts" } },
  problems: ["invalid_credentials", "account_locked", "weak_password"],
  handle: async ({ c, deps, tenant, body: { currentPassword, newPassword } }) => {
    const { userId, sessionId } = selfOf(c.var.principal);
    const changed = await deps
      .accounts(tenant, userId)
      .changePassword({ current: currentPassword, next: newPassword, sessionId });
    if (!changed.ok) return refused(c, changed.error);
    c.set("audit", { resource: { type: "user", id: userId } });
    return c.body(null, 204);
  },
});
