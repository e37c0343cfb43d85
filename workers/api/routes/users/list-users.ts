import { z } from "zod";
import { RoleName } from "../../../../shared/contracts/tenant.ts";
import { ListedStatus, UserId } from "../../../../shared/contracts/user.ts";
import { IndexUnavailable } from "../../../../shared/ports/asset-index.ts";
import { positionOf, USER_SORTS } from "../../../../shared/ports/user-index.ts";
import { readCursor, writeCursor } from "../../cursor.ts";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Cursor, limitUpTo, Nothing } from "../../schemas.ts";
import { USER_EXAMPLE } from "../auth/schemas.ts";
import { ListedUserBody } from "./schemas.ts";

const Query = z.strictObject({
  role: RoleName.optional(),
  status: ListedStatus.optional(),
  q: z.string().trim().min(1).max(200).optional().describe("Part of an address or a name, whatever its case"),
  sort: z
    .enum(USER_SORTS)
    .default("createdAt")
    .describe("With `-` the other way round; users without a login come first by `lastLogInAt`"),
  limit: limitUpTo(100, 20),
  cursor: Cursor.optional(),
});
const Page = z.strictObject({
  users: z.array(ListedUserBody),
  next: z.string().nullable().describe("Cursor of the next page; null at the end"),
});
const Position = z.strictObject({ key: z.string(), id: UserId });
const {
  permissions: _permissions,
  identities: _identities,
  updatedAt: _updatedAt,
  version: _version,
  ...example
} = USER_EXAMPLE;

export const listUsers = defineRoute({
  method: "get",
  path: "/v1/users",
  operationId: "listUsers",
  summary: "List users",
  description:
    "Oldest first, unless sorted otherwise. The list comes from an index that follows the accounts within seconds; while the index is away or has lost a message it may be minutes behind. A single user is never behind.",
  tag: "users",
  permission: "users:read",
  params: Nothing,
  query: Query,
  body: null,
  responses: { 200: { description: "A page of users", schema: Page, example: { users: [example], next: null } } },
  problems: ["invalid_cursor", "index_unavailable"],
  handle: async ({ c, deps, tenant, query: { role = null, status = null, q = null, sort, limit, cursor } }) => {
    const filters = { role, status, q, sort };
    const scope = { list: "users", tenant, filters };
    const after = cursor === undefined ? undefined : readCursor(deps.cursorKey, scope, cursor, Position);
    if (after === null) return problem(c, "invalid_cursor", "The cursor is not one of this list.");
    try {
      // One more than asked for tells whether there is a next page.
      const found = await deps.users.list(tenant, { ...filters, after: after ?? null, limit: limit + 1 });
      const users = found.slice(0, limit);
      const last = found.length > limit ? users.at(-1) : undefined;
      const next = last === undefined ? null : writeCursor(deps.cursorKey, scope, positionOf(last, sort));
      return c.json({ users, next });
    } catch (error) {
      if (error instanceof IndexUnavailable) return problem(c, "index_unavailable", "The index does not answer.");
      throw error;
    }
  },
});
