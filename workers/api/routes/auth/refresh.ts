import { z } from "zod";
import { parseRefreshToken } from "../../../../shared/core/identity/secret-token.ts";
import { problem, refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { answerSession } from "./answer-session.ts";
import { Token, TOKENS_EXAMPLE, TokensBody } from "./schemas.ts";

export const refresh = defineRoute({
  method: "post",
  path: "/v1/auth/refresh",
  operationId: "refresh",
  summary: "Get the next access token",
  description:
    "A refresh token is good once and is replaced. Sent again within 30 seconds, because the answer was lost, it gets the same successor; an older one has been stolen, and ends the session: when that is answered, nobody believes in the session any more.",
  tag: "auth",
  permission: null,
  params: Nothing,
  query: Nothing,
  body: z.strictObject({ refreshToken: Token }),
  bodyExample: { refreshToken: TOKENS_EXAMPLE.refreshToken },
  responses: { 200: { description: "The next tokens", schema: TokensBody, example: TOKENS_EXAMPLE } },
  problems: ["invalid_token", "tenant_suspended"],
  handle: async ({ c, deps, body }) => {
    const invalid = () => problem(c, "invalid_token", "The refresh token is not valid.");
    const token = parseRefreshToken(body.refreshToken);
    if (token === null) return invalid();
    const account = deps.accounts(token.tenant, token.userId);
    // Asked first: a token that is spent while its tenant is suspended would be missing afterwards.
    const standing = await deps.members(token.tenant).standing();
    if (standing?.value.active !== true) {
      const isOpen = (await account.lease(token.sessionId)) !== null;
      return isOpen ? problem(c, "tenant_suspended", "The tenant is not active.") : invalid();
    }
    const opened = await account.refresh(token.sessionId, token.secret);
    return opened.ok ? answerSession(c, deps, opened.value) : refused(c, opened.error);
  },
});
