import type { SearchHit, SearchQuery } from "../contracts/search.ts";
import { LEXICAL_SPACE, lexicalVector } from "../core/embedding/lexical-vector.ts";
import type { RankedList } from "../core/search/fuse.ts";
import { fuse } from "../core/search/fuse.ts";
import { VECTOR_SIMILARITY_FLOOR } from "../core/search/thresholds.ts";
import type { AssetIndex, RankedInsight } from "../ports/asset-index.ts";
import type { VectorIndex } from "../ports/vector-index.ts";

/**
 * How many of its best matches each index gives. It is the same for every page, so that the pages of one search come
 * from one list; the list ends with what the indexes gave.
 */
const DEPTH = 200;

/** The same for the indexes of similarity: the most that the vector index's port allows. */
const SIMILAR_DEPTH = 100;

/**
 * With so many moments that have all words, similar wording adds nothing to any page worth reading, and looking for it
 * is the dearest part of a search for common words.
 */
const ENOUGH_FULL_TEXT = 100;

export type SearchIndexes = { readonly index: AssetIndex; readonly vectors: VectorIndex };

type FoundPage = {
  readonly hits: SearchHit[];
  readonly hasMore: boolean;
  /** Indexes that could not be asked. */
  readonly degraded: "vector"[];
};

export type Search = (tenant: string, query: SearchQuery) => Promise<FoundPage>;

/**
 * Hybrid search over full text, trigrams and lexical vectors, fused by rank.
 *
 * Moments with all words of the query come first, then moments of similar wording; a query that resembles nothing has
 * no hits. Deleted assets are never in an answer, because every hit has passed the asset index. Without the vector
 * index the answer says so in `degraded`; without the asset index the search throws `IndexUnavailable`.
 */
export function createSearch({ index, vectors }: SearchIndexes): Search {
  return async (tenant, query) => {
    const [fullText, vector] = await Promise.all([
      index.searchText(tenant, query, DEPTH),
      searchVectors({ index, vectors }, tenant, query),
    ]);
    const trigram = fullText.length < ENOUGH_FULL_TEXT ? await index.searchTrigram(tenant, query, SIMILAR_DEPTH) : [];
    const fused = fuse([
      ranked("full-text", fullText),
      ranked("trigram", trigram),
      ...(vector === null ? [] : [ranked("vector", vector)]),
    ]);
    const end = query.offset + query.limit;
    return {
      hits: fused.slice(query.offset, end).map(({ item, score, reasons }) => ({
        assetId: item.assetId,
        assetName: item.assetName,
        mediaType: item.mediaType,
        insightId: item.insightId,
        kind: item.kind,
        timeRange: item.timeRange,
        page: item.page,
        box: item.box,
        snippet: item.snippet,
        score,
        reasons: [...reasons],
      })),
      hasMore: fused.length > end,
      degraded: vector === null ? ["vector"] : [],
    };
  };
}

function ranked(
  name: RankedList<RankedInsight>["index"],
  matches: readonly RankedInsight[],
): RankedList<RankedInsight> {
  return { index: name, matches: matches.map((item) => ({ key: keyOf(item), detail: item.detail, item })) };
}

/** The vector matches that pass the filters, best first; null when the vector index cannot be asked. */
async function searchVectors(
  { index, vectors }: SearchIndexes,
  tenant: string,
  query: SearchQuery,
): Promise<RankedInsight[] | null> {
  let matches;
  try {
    matches = await vectors.nearest(tenant, LEXICAL_SPACE, lexicalVector(query.q), SIMILAR_DEPTH);
  } catch {
    // Whatever its fault is, the lexical indexes answer and the caller is told.
    return null;
  }
  const similar = matches.filter(({ similarity }) => similarity >= VECTOR_SIMILARITY_FLOOR);
  const live = new Map((await index.hydrate(tenant, query, similar)).map((item) => [keyOf(item), item]));
  return similar.flatMap((match) => {
    const item = live.get(keyOf(match));
    return item === undefined ? [] : [{ ...item, detail: `similar vocabulary (${match.similarity.toFixed(2)})` }];
  });
}

/** Neither id has white space in it. */
function keyOf({ assetId, insightId }: { readonly assetId: string; readonly insightId: string }): string {
  return `${assetId} ${insightId}`;
}
