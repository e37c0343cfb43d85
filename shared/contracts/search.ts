import { z } from "zod";
import { AssetId } from "./asset.ts";
import { Box, TimeRange } from "./insight.ts";
import { MediaType } from "./media.ts";

/** `GET /v1/search`. Filters are conjunctive; lists within one filter are alternatives. */
export const SearchQuery = z.strictObject({
  q: z.string().min(1).max(500),
  mediaTypes: z.array(MediaType).max(4),
  kinds: z.array(z.string().max(40)).max(32),
  /** Only assets created in [createdAfter, createdBefore). */
  createdAfter: z.iso.datetime({ offset: true }).nullable(),
  createdBefore: z.iso.datetime({ offset: true }).nullable(),
  limit: z.int().min(1).max(100),
  /** Number of hits to pass over; from a cursor. */
  offset: z.int().min(0).max(1000),
});
export type SearchQuery = z.infer<typeof SearchQuery>;

/** Which index found a hit, with its rank there (1 is best) and what it saw. */
export const MatchReason = z.strictObject({
  index: z.enum(["full-text", "trigram", "vector"]),
  rank: z.int().min(1),
  /** What matched, in words: `text contains "aurora"`, `similar wording (0.62)`. */
  detail: z.string().max(300),
});
export type MatchReason = z.infer<typeof MatchReason>;

/** A moment that answers the query: a whole asset, a time range, a page or a box. */
export const SearchHit = z.strictObject({
  assetId: AssetId,
  assetName: z.string(),
  mediaType: MediaType.nullable(),
  insightId: z.string(),
  kind: z.string(),
  timeRange: TimeRange.nullable(),
  page: z.int().min(1).nullable(),
  box: Box.nullable(),
  /** The matching text, shortened around the match. */
  snippet: z.string().nullable(),
  /** Reciprocal rank fusion, 1/(60 + rank) summed over the indexes. */
  score: z.number().min(0),
  reasons: z.array(MatchReason).min(1),
});
export type SearchHit = z.infer<typeof SearchHit>;

export const SearchAnswer = z.strictObject({
  query: z.string(),
  hits: z.array(SearchHit),
  /** Cursor of the next page; null at the end. */
  next: z.string().nullable(),
  /** Indexes that could not be asked; the hits come from the others. */
  degraded: z.array(z.enum(["vector"])),
});
export type SearchAnswer = z.infer<typeof SearchAnswer>;
