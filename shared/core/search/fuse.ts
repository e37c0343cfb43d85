import type { MatchReason } from "../../contracts/search.ts";

/** Constant of reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009. */
const RANK_CONSTANT = 60;

/** The matches of one index, best first, each with its identity and what the index saw. */
export type RankedList<T> = {
  readonly index: MatchReason["index"];
  readonly matches: readonly { readonly key: string; readonly detail: string; readonly item: T }[];
};

export type Fused<T> = { readonly item: T; readonly score: number; readonly reasons: readonly MatchReason[] };

/**
 * One list of several by reciprocal rank fusion: the score is the sum of 1/(60 + rank).
 *
 * Matches of the full-text index, which have every word of the query, come before all others: similarity alone never
 * passes them. Within each group the better score comes first, and the key decides between equals.
 */
export function fuse<T>(lists: readonly RankedList<T>[]): Fused<T>[] {
  const byKey = new Map<string, { key: string; item: T; score: number; reasons: MatchReason[] }>();
  for (const { index, matches } of lists) {
    for (const [position, { key, detail, item }] of matches.entries()) {
      const rank = position + 1;
      const entry = byKey.get(key) ?? { key, item, score: 0, reasons: [] };
      entry.score += 1 / (RANK_CONSTANT + rank);
      entry.reasons.push({ index, rank, detail: detail.slice(0, 300) });
      byKey.set(key, entry);
    }
  }
  const hasAllWords = (reasons: readonly MatchReason[]): number =>
    reasons.some(({ index }) => index === "full-text") ? 1 : 0;
  return [...byKey.values()]
    .sort((a, b) => hasAllWords(b.reasons) - hasAllWords(a.reasons) || b.score - a.score || (a.key < b.key ? -1 : 1))
    .map(({ item, score, reasons }) => ({ item, score, reasons }));
}
