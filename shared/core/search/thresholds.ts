/**
 * Least cosine similarity of a match that only the vector index found. Of 300 made-up queries against 20,000 texts of
 * 1 to 60 words, the nearest text had a similarity of 0.23 in the median and 0.354 at most; a text of three words that
 * shares one with a query of two has about 0.41.
 */
export const VECTOR_SIMILARITY_FLOOR = 0.4;

/** Queries shorter than this have so few trigrams that every third word would seem similar. */
const SHORT_QUERY_LENGTH = 6;

/** Least `word_similarity` for a trigram match: two swapped letters in a word of seven still pass (3 of 8 trigrams). */
export function trigramThreshold(query: string): number {
  return query.length < SHORT_QUERY_LENGTH ? 0.6 : 0.35;
}
