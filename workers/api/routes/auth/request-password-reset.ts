import { z } from "zod";
import { TenantId } from "../../../../shared/contracts/asset.ts";
import { Email } from "../../../../shared/contracts/user.ts";
import { afterAnswer } from "../../after-answer.ts";
import { beginAudit } from "../../middleware/audit.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { decoyUserId } from "./decoy.ts";

export const requestPasswordReset = defineRoute({
  method: "post",
  path: "/v1/auth/request-password-reset",
  operationId: "requestPasswordReset",
  summary: "Ask for a new password",
  description:
    "Mails a token that is good for an hour and once, where there is such an account. Whoever comes in through an identity provider sets a first password so, where the deployment lets them (`EXTERNAL_PASSWORDS`). The answer is the same where there is none.",
  tag: "auth",
  permission: null,
  params: Nothing,
  query: Nothing,
  body: z.strictObject({ tenant: TenantId, email: Email }),
  bodyExample: { tenant: "ten_01M85NKE", email: "ada@example.com" },
  responses: { 202: { description: "If there is such an account, a mail is on its way" } },
  problems: [],
  handle: async ({ c, deps, body: { tenant, email } }) => {
    const members = deps.members(tenant);
    const [standing, member] = await Promise.all([members.standing(), members.memberByLogin(email)]);
    const away = standing === null ? null : await beginAudit(c, deps, { tenant });
    if (away !== null) return away;
    const account = deps.accounts(tenant, member?.userId ?? decoyUserId(deps.decoyKey, tenant, email));
    // Not waited for: a mail takes its time, where there is an account.
    await afterAnswer(c, account.requestPasswordReset(), "password_reset_request_failed");
    return c.body(null, 202);
  },
});
