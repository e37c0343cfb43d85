import { z } from "zod";
import { Email, Password, Username } from "../../../../shared/contracts/user.ts";
import { assessPassword, PASSWORD_PROBLEMS } from "../../../../shared/core/identity/password-policy.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";

const Answer = z.strictObject({
  accepted: z.boolean(),
  problems: z.array(z.enum(PASSWORD_PROBLEMS)),
  strength: z.enum(["very_weak", "weak", "medium", "strong"]),
});

export const validatePassword = defineRoute({
  method: "post",
  path: "/v1/auth/validate-password",
  operationId: "validatePassword",
  summary: "Ask whether a password is accepted",
  description: "For forms that help to choose one. Nothing is kept, and nothing is looked up.",
  tag: "auth",
  permission: null,
  params: Nothing,
  query: Nothing,
  body: z.strictObject({ password: Password, email: Email.optional(), username: Username.optional() }),
  bodyExample: { password: "Correct-Horse-7-Staple", email: "ada@example.com" },
  responses: {
    200: {
      description: "What the policy says of it",
      schema: Answer,
      example: { accepted: true, problems: [], strength: "strong" },
    },
  },
  problems: [],
  handle: ({ c, body: { password, email, username } }) => {
    // Nothing is changed, so there is nothing for the audit log.
    c.set("audited", true);
    const names = [email, username].filter((name) => name !== undefined);
    const { problems, strength } = assessPassword(password, { names, previous: null });
    return c.json({ accepted: problems.length === 0, problems, strength });
  },
});
