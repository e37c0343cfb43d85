import { z } from "zod";
import { SessionId } from "../../../../shared/contracts/user.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { selfOf } from "./caller.ts";
import { SESSION_EXAMPLE, SessionBody } from "./schemas.ts";

const Answer = z.strictObject({
  sessions: z.array(SessionBody).describe("Newest first, at most five"),
  current: SessionId.describe("The session that asks"),
});

export const listMySessions = defineRoute({
  method: "get",
  path: "/v1/auth/sessions",
  operationId: "listMySessions",
  summary: "List your own sessions",
  description: "Where you are signed in, newest first.",
  tag: "auth",
  permission: "account:self",
  params: Nothing,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The open sessions",
      schema: Answer,
      example: { sessions: [SESSION_EXAMPLE], current: SESSION_EXAMPLE.id },
    },
  },
  problems: [],
  handle: async ({ c, deps, tenant }) => {
    const { userId, sessionId } = selfOf(c.var.principal);
    const found = await deps.accounts(tenant, userId).sessions();
    return found.ok ? c.json({ sessions: found.value.sessions, current: sessionId }) : refused(c, found.error);
  },
});

export const revokeMySession = defineRoute({
  method: "delete",
  path: "/v1/auth/sessions/{sessionId}",
  operationId: "revokeMySession",
  summary: "End one of your own sessions",
  description: "From the answer on, its tokens are refused everywhere.",
  tag: "auth",
  permission: "account:self",
  params: z.strictObject({ sessionId: SessionId }),
  query: Nothing,
  body: null,
  responses: { 204: { description: "The session has ended" } },
  problems: [],
  handle: async ({ c, deps, tenant, params }) => {
    const revoked = await deps.accounts(tenant, selfOf(c.var.principal).userId).revokeSession(params.sessionId);
    return revoked.ok ? c.body(null, 204) : refused(c, revoked.error);
  },
});
