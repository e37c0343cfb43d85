import { z } from "zod";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { selfOf } from "./caller.ts";

export const logout = defineRoute({
  method: "post",
  path: "/v1/auth/logout",
  operationId: "logout",
  summary: "Log out",
  description: "Ends this session, or all of the user's. From the answer on, its tokens are refused everywhere.",
  tag: "auth",
  permission: "account:self",
  params: Nothing,
  query: Nothing,
  body: z.strictObject({ all: z.boolean().default(false).describe("All sessions of the user, this one too") }),
  bodyOptional: true,
  bodyExample: { all: true },
  responses: { 204: { description: "The session has ended" } },
  problems: [],
  handle: async ({ c, deps, tenant, body }) => {
    const { userId, sessionId } = selfOf(c.var.principal);
    const account = deps.accounts(tenant, userId);
    const ended = body.all ? await account.logOutAll(null) : await account.logOut(sessionId);
    if (!ended.ok) return refused(c, ended.error);
    c.set("audit", { resource: { type: "session", id: body.all ? "all" : sessionId } });
    return c.body(null, 204);
  },
});
