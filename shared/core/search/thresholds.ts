/**
 * Least cosine similarity of a match that only the vector index found. Set between what texts that share no word
 * reach by chance (0.28 at most among 20,000 short texts) and what one misspelled or one of three words reaches.
 */
export const VECTOR_SIMILARITY_FLOOR = 0.35;

/** Queries shorter than this have so few trigrams that every third word would seem similar. */
const SHORT_QUERY_LENGTH = 6;

/** Least `word_similarity` for a trigram match: two swapped letters in a word of six still pass (3 of 7 trigrams). */
export function trigramThreshold(query: string): number {
  return query.length < SHORT_QUERY_LENGTH ? 0.6 : 0.4;
}
