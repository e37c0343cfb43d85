import { z } from "zod";
import { ApiKeyId } from "../../../../shared/contracts/api-key.ts";
import { readCursor, writeCursor } from "../../cursor.ts";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Cursor, limitUpTo, Nothing } from "../../schemas.ts";
import { ApiKeyBody, EXAMPLE } from "./schemas.ts";

const Page = z.strictObject({
  apiKeys: z.array(ApiKeyBody),
  next: z.string().nullable().describe("Cursor of the next page; null at the end"),
});
const Position = z.strictObject({ id: ApiKeyId });

export const listApiKeys = defineRoute({
  method: "get",
  path: "/v1/api-keys",
  operationId: "listApiKeys",
  summary: "List API keys",
  description: "All keys of the tenant, newest first, without their secrets.",
  tag: "api keys",
  permission: "keys:read",
  params: Nothing,
  query: z.strictObject({ limit: limitUpTo(100, 20), cursor: Cursor.optional() }),
  body: null,
  responses: {
    200: { description: "A page of keys", schema: Page, example: { apiKeys: [EXAMPLE], next: null } },
  },
  problems: ["invalid_cursor"],
  handle: async ({ c, deps, tenant, query: { limit, cursor } }) => {
    const scope = { list: "api-keys", tenant, filters: {} };
    const after = cursor === undefined ? undefined : readCursor(deps.cursorKey, scope, cursor, Position);
    if (after === null) return problem(c, "invalid_cursor", "The cursor is not one of this list.");
    // One more than asked for tells whether there is a next page.
    const found = await deps.tenants(tenant).listKeys({ after: after?.id ?? null, limit: limit + 1 });
    const apiKeys = found.slice(0, limit);
    const last = found.length > limit ? apiKeys.at(-1) : undefined;
    const next = last === undefined ? null : writeCursor(deps.cursorKey, scope, { id: last.id });
    return c.json({ apiKeys, next });
  },
});
