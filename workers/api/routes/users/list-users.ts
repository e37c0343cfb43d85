import { z } from "zod";
import { RoleName } from "../../../../shared/contracts/tenant.ts";
import { UserId } from "../../../../shared/contracts/user.ts";
import { readCursor, writeCursor } from "../../cursor.ts";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Cursor, limitUpTo, Nothing } from "../../schemas.ts";
import { USER_EXAMPLE } from "../auth/schemas.ts";
import { ListedStatus, ListedUserBody } from "./schemas.ts";

const Query = z.strictObject({
  role: RoleName.optional(),
  status: ListedStatus.optional(),
  limit: limitUpTo(100, 20),
  cursor: Cursor.optional(),
});
const Page = z.strictObject({
  users: z.array(ListedUserBody),
  next: z.string().nullable().describe("Cursor of the next page; null at the end"),
});
const Position = z.strictObject({ after: UserId });
const { id, email, username, role: exampleRole } = USER_EXAMPLE;
const example = { id, email, username, role: exampleRole, status: "active" };

export const listUsers = defineRoute({
  method: "get",
  path: "/v1/users",
  operationId: "listUsers",
  summary: "List users",
  description: "The members of the tenant in order of their ids, which is that of their invitation. Never behind.",
  tag: "users",
  permission: "users:read",
  params: Nothing,
  query: Query,
  body: null,
  responses: { 200: { description: "A page of users", schema: Page, example: { users: [example], next: null } } },
  problems: ["invalid_cursor"],
  handle: async ({ c, deps, tenant, query: { role = null, status = null, limit, cursor } }) => {
    const scope = { list: "users", tenant, filters: { role, status } };
    const after = cursor === undefined ? undefined : readCursor(deps.cursorKey, scope, cursor, Position);
    if (after === null) return problem(c, "invalid_cursor", "The cursor is not one of this list.");
    // One more than asked for tells whether there is a next page.
    const page = { after: after?.after ?? null, limit: limit + 1, role, status };
    const found = await deps.members(tenant).listMembers(page);
    const shown = found.slice(0, limit);
    const last = found.length > limit ? shown.at(-1) : undefined;
    return c.json({
      users: shown.map(({ userId, ...member }) => ({ id: userId, ...member })),
      next: last === undefined ? null : writeCursor(deps.cursorKey, scope, { after: last.userId }),
    });
  },
});
