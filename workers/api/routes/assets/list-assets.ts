import { z } from "zod";
import { AssetId, AssetStatus } from "../../../../shared/contracts/asset.ts";
import { MediaType } from "../../../../shared/contracts/media.ts";
import { IndexUnavailable, type ListFilter } from "../../../../shared/ports/asset-index.ts";
import { readCursor, writeCursor } from "../../cursor.ts";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetSummaryBody, Cursor, limitUpTo, Nothing } from "../../schemas.ts";

const Query = z.strictObject({
  status: AssetStatus.optional(),
  mediaType: MediaType.optional(),
  limit: limitUpTo(100, 20),
  cursor: Cursor.optional(),
});
const Page = z.strictObject({
  assets: z.array(AssetSummaryBody),
  next: z.string().nullable().describe("Cursor of the next page; null at the end"),
});
const Position = z.strictObject({ createdAt: z.string(), id: AssetId });

export const listAssets = defineRoute({
  method: "get",
  path: "/v1/assets",
  operationId: "listAssets",
  summary: "List assets",
  description: "Newest first. The list comes from an index that follows the assets with a short delay.",
  tag: "assets",
  permission: "assets:read",
  params: Nothing,
  query: Query,
  body: null,
  responses: { 200: { description: "A page of assets", schema: Page, example: { assets: [], next: null } } },
  problems: ["invalid_cursor", "index_unavailable"],
  handle: async ({ c, deps, tenant, query: { status, mediaType, limit, cursor } }) => {
    const filters = {
      ...(status === undefined ? {} : { status }),
      ...(mediaType === undefined ? {} : { mediaType }),
    };
    const scope = { list: "assets", tenant, filters };
    const after = cursor === undefined ? undefined : readCursor(deps.cursorKey, scope, cursor, Position);
    if (after === null) return problem(c, "invalid_cursor", "The cursor is not one of this list.");
    // One more than asked for tells whether there is a next page.
    const wanted: ListFilter = { ...filters, limit: limit + 1, ...(after === undefined ? {} : { after }) };
    try {
      const found = await deps.index.list(tenant, wanted);
      const assets = found.slice(0, limit);
      const last = found.length > limit ? assets.at(-1) : undefined;
      const position = last === undefined ? null : { createdAt: last.createdAt, id: last.id };
      return c.json({ assets, next: position === null ? null : writeCursor(deps.cursorKey, scope, position) });
    } catch (error) {
      if (error instanceof IndexUnavailable) return problem(c, "index_unavailable", "The index does not answer.");
      throw error;
    }
  },
});
