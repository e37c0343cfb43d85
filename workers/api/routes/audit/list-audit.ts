import { z } from "zod";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Cursor, limitUpTo, Nothing } from "../../schemas.ts";
import { readCursor, writeCursor } from "../../cursor.ts";
import { askLog } from "./ask-log.ts";
import { AuditRowBody, EXAMPLE, Filter } from "./schemas.ts";

const Page = z.strictObject({
  rows: z.array(AuditRowBody),
  next: z.string().nullable().describe("Cursor of the next page; null at the end"),
});
const Position = z.strictObject({ before: z.int().min(1) });

export const listAudit = defineRoute({
  method: "get",
  path: "/v1/audit",
  operationId: "listAudit",
  summary: "List the audit log",
  description:
    "Who changed what, and what was refused, newest first. Without secrets; details are cut at 10,000 characters. A page looks at 5,000 rows at most: with a filter that few rows fit it may be short, or empty, and have a `next`.",
  tag: "audit",
  permission: "audit:read",
  params: Nothing,
  query: z.strictObject({ ...Filter.shape, limit: limitUpTo(200, 50), cursor: Cursor.optional() }),
  body: null,
  responses: { 200: { description: "A page of rows", schema: Page, example: { rows: [EXAMPLE], next: null } } },
  problems: ["invalid_cursor", "audit_unavailable"],
  handle: async ({ c, deps, tenant, query: { limit, cursor, ...filter } }) => {
    const scope = { list: "audit", tenant, filters: filter };
    const after = cursor === undefined ? undefined : readCursor(deps.cursorKey, scope, cursor, Position);
    if (after === null) return problem(c, "invalid_cursor", "The cursor is not one of this list.");
    const found = await askLog(c, deps.audit(tenant).search({ filter, before: after?.before ?? null, limit }));
    if (!found.ok) return found.error;
    const { rows, next: before } = found.value;
    return c.json({ rows, next: before === null ? null : writeCursor(deps.cursorKey, scope, { before }) });
  },
});
