import { z } from "zod";
import { NewInsight } from "../../../../shared/contracts/insight.ts";
import { MediaType } from "../../../../shared/contracts/media.ts";
import type { SearchAnswer } from "../../../../shared/contracts/search.ts";
import { IndexUnavailable } from "../../../../shared/ports/asset-index.ts";
import { readCursor, writeCursor } from "../../cursor.ts";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Cursor, limitUpTo, Nothing, SearchAnswerBody } from "../../schemas.ts";

/** The deepest hit that a cursor reaches. */
const MAX_OFFSET = 1000;

/** Given more than once, or once with commas. */
const split = (given: unknown): unknown =>
  Array.isArray(given) ? given.flatMap(split) : typeof given === "string" ? given.split(",") : given;

const Query = z.strictObject({
  q: z.string().trim().min(1).max(500).describe("The words to look for"),
  mediaType: z.preprocess(split, z.array(MediaType).max(4)).optional().describe("Repeatable or separated by commas"),
  kind: z
    .preprocess(split, z.array(NewInsight.shape.kind).max(32))
    .optional()
    .describe("Kinds of insight; repeatable or separated by commas"),
  createdAfter: z.iso.datetime({ offset: true }).optional(),
  createdBefore: z.iso.datetime({ offset: true }).optional(),
  limit: limitUpTo(100, 20),
  cursor: Cursor.optional(),
});

/** Only for the description. */
const EXAMPLE: SearchAnswer = {
  query: "aurora",
  hits: [
    {
      assetId: "ast_01K5Q3V9W2X4Y6Z8A0B1C2D3E4",
      assetName: "harbour.jpg",
      mediaType: "image",
      insightId: "ins_01K5Q3VB10X4Y6Z8A0B1C2D3E4",
      kind: "ocr-text",
      timeRange: null,
      page: null,
      box: null,
      snippet: "MS AURORA",
      score: 0.0164,
      reasons: [{ index: "full-text", rank: 1, detail: 'text contains "aurora"' }],
    },
  ],
  next: null,
  degraded: [],
};

export const searchMoments = defineRoute({
  method: "get",
  path: "/v1/search",
  operationId: "search",
  summary: "Search all media",
  description:
    "Finds moments (a whole asset, a time range, a page or a box) by full text, by similar spelling and by vectors, " +
    "fused by rank. When the vector index cannot be asked, `degraded` says so and the others answer.",
  tag: "search",
  permission: "search",
  params: Nothing,
  query: Query,
  body: null,
  responses: { 200: { description: "The best hits first", schema: SearchAnswerBody, example: EXAMPLE } },
  problems: ["invalid_cursor", "search_unavailable"],
  handle: async ({
    c,
    deps,
    tenant,
    query: { q, mediaType = [], kind = [], createdAfter, createdBefore, limit, cursor },
  }) => {
    const filters = {
      q,
      mediaTypes: mediaType,
      kinds: kind,
      createdAfter: createdAfter ?? null,
      createdBefore: createdBefore ?? null,
    };
    const scope = { list: "search", tenant, filters };
    const position = z.int().min(0).max(MAX_OFFSET);
    const offset = cursor === undefined ? 0 : readCursor(deps.cursorKey, scope, cursor, position);
    if (offset === null) return problem(c, "invalid_cursor", "The cursor is not one of this search.");
    try {
      const { hits, hasMore, degraded } = await deps.search(tenant, { ...filters, limit, offset });
      const following = offset + hits.length;
      const more = hasMore && hits.length > 0 && following <= MAX_OFFSET;
      return c.json({ query: q, hits, next: more ? writeCursor(deps.cursorKey, scope, following) : null, degraded });
    } catch (error) {
      if (error instanceof IndexUnavailable)
        return problem(c, "search_unavailable", "The search index does not answer.");
      throw error;
    }
  },
});
