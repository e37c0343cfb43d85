import { z } from "zod";
import { TenantId } from "../../../../shared/contracts/asset.ts";
import { PLATFORM_TENANT } from "../../../../shared/core/access/permissions.ts";
import { readCursor, writeCursor } from "../../cursor.ts";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Cursor, limitUpTo, Nothing } from "../../schemas.ts";
import { EXAMPLE_TENANT, TenantBody } from "../tenant/schemas.ts";

const Page = z.strictObject({
  tenants: z.array(TenantBody),
  next: z.string().nullable().describe("Cursor of the next page; null at the end"),
});
const Position = z.strictObject({ id: TenantId });

export const listTenants = defineRoute({
  method: "get",
  path: "/v1/platform/tenants",
  operationId: "listTenants",
  summary: "List all tenants",
  description: "By id. A page may be shorter than asked for: a tenant whose creation was cut short is left out.",
  tag: "platform",
  permission: "platform:operate",
  params: Nothing,
  // Each tenant of a page is asked for itself.
  query: z.strictObject({ limit: limitUpTo(50, 20), cursor: Cursor.optional() }),
  body: null,
  responses: {
    200: { description: "A page of tenants", schema: Page, example: { tenants: [EXAMPLE_TENANT], next: null } },
  },
  problems: ["invalid_cursor"],
  handle: async ({ c, deps, tenant, query: { limit, cursor } }) => {
    const scope = { list: "tenants", tenant, filters: {} };
    const after = cursor === undefined ? undefined : readCursor(deps.cursorKey, scope, cursor, Position);
    if (after === null) return problem(c, "invalid_cursor", "The cursor is not one of this list.");
    // One more than asked for tells whether there is a next page.
    const found = await deps.tenants(PLATFORM_TENANT).listTenants({ after: after?.id ?? null, limit: limit + 1 });
    const ids = found.slice(0, limit);
    const views = await Promise.all(ids.map((id) => deps.tenants(id).getTenant()));
    const last = found.length > limit ? ids.at(-1) : undefined;
    return c.json({
      tenants: views.flatMap((view) => (view.ok ? [view.value] : [])),
      next: last === undefined ? null : writeCursor(deps.cursorKey, scope, { id: last }),
    });
  },
});
