/**
 * Terms that a text is about. As in RAKE (Rose et al., 2010) candidates lie between stop words and punctuation; unlike
 * it, every run of up to three words within them is counted, so that what is said often wins over what is said long.
 */

export type Keyword = {
  readonly term: string;
  /** 0 to 1: share of the best one's score. */
  readonly score: number;
  readonly count: number;
};

const MAX_KEYWORDS = 15;
const MIN_WORD_CHARS = 3;
/** Text beyond this adds to counts, and hardly to their order. */
const MAX_CHARS = 500_000;
/** Weight of terms of one, two and three words: two say more than one, and repeat less often. */
const LENGTH_WEIGHTS = [1, 1.5, 1.7];

/** At most 15, best first; none in a text without words. */
export function keywordsOf(text: string, stopWords: ReadonlySet<string>): Keyword[] {
  const counts = termCounts(runsOf(text.slice(0, MAX_CHARS), stopWords));
  const scored = [...counts].map(([term, { count, words }]) => ({
    term,
    count,
    score: (LENGTH_WEIGHTS[words - 1] ?? 1) * Math.log2(1 + count) ** 1.5,
  }));
  const ordered = scored.toSorted(
    (a, b) => b.score - a.score || b.term.length - a.term.length || (a.term < b.term ? -1 : 1),
  );
  const best = ordered[0]?.score ?? 1;
  return distinct(ordered).map(({ term, count, score }) => ({ term, count, score: Number((score / best).toFixed(4)) }));
}

/** Runs of words that carry meaning. */
function runsOf(text: string, stopWords: ReadonlySet<string>): string[][] {
  const runs: string[][] = [];
  let current: string[] = [];
  const tokens = /[\p{L}\p{M}\p{N}]+(?:-[\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{N}]|\n/gu;
  for (const [token] of text.toLowerCase().normalize("NFC").matchAll(tokens)) {
    if (/^\p{L}/u.test(token) && token.length >= MIN_WORD_CHARS && !stopWords.has(token)) {
      current.push(token);
      continue;
    }
    if (current.length > 0) runs.push(current);
    current = [];
  }
  if (current.length > 0) runs.push(current);
  return runs;
}

function termCounts(runs: readonly (readonly string[])[]): Map<string, { count: number; readonly words: number }> {
  const counts = new Map<string, { count: number; readonly words: number }>();
  for (const run of runs) {
    for (let from = 0; from < run.length; from += 1) {
      for (let words = 1; words <= Math.min(LENGTH_WEIGHTS.length, run.length - from); words += 1) {
        const term = run.slice(from, from + words).join(" ");
        const known = counts.get(term);
        if (known === undefined) counts.set(term, { count: 1, words });
        else known.count += 1;
      }
    }
  }
  return counts;
}

/** Of terms that lie within each other the better one stands for both. */
function distinct<T extends { readonly term: string }>(ordered: readonly T[]): T[] {
  const kept: T[] = [];
  const within = (part: string, whole: string): boolean => ` ${whole} `.includes(` ${part} `);
  for (const candidate of ordered) {
    if (kept.length === MAX_KEYWORDS) break;
    if (!kept.some(({ term }) => within(candidate.term, term) || within(term, candidate.term))) kept.push(candidate);
  }
  return kept;
}
