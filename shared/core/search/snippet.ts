/** Longest snippet, in characters, without its ellipses. */
const SNIPPET_LENGTH = 160;

/** How much of the snippet stands before the match. */
const LEAD_LENGTH = 50;

/** Below this, two words look alike to nobody: pg_trgm's own default for `similarity`. */
const LEAST_SIMILARITY = 0.3;

/** A part of a longer text, and whether text was left out before and after it. */
export type TextWindow = { readonly text: string; readonly cutBefore: boolean; readonly cutAfter: boolean };

/**
 * The part of a text around the first of `words` (lower case), at most 160 characters, cut between words, with `…`
 * where text is left out. When none is in the text, the word most like one of them counts as the match; without such a
 * word it is the beginning.
 */
export function snippetOf(window: TextWindow, words: readonly string[]): string {
  const text = window.text.replace(/\s+/gu, " ").trim();
  const lower = text.toLowerCase();
  const matches = words.map((word) => lower.indexOf(word)).filter((position) => position >= 0);
  const match = matches.length === 0 ? mostSimilarPosition(lower, words) : Math.min(...matches);

  const start = wordBoundaryBefore(
    text,
    Math.max(0, Math.min(match - LEAD_LENGTH, text.length - SNIPPET_LENGTH)),
    match,
  );
  const end =
    text.length - start <= SNIPPET_LENGTH ? text.length : wordBoundaryAfter(text, start + SNIPPET_LENGTH, match);
  const before = start > 0 || window.cutBefore ? "…" : "";
  const after = end < text.length || window.cutAfter ? "…" : "";
  return `${before}${text.slice(start, end).trim()}${after}`;
}

/** Where the word stands that shares the largest part of its trigrams with one of `words`; 0 when all share little. */
function mostSimilarPosition(lower: string, words: readonly string[]): number {
  const wanted = words.map(trigramsOf);
  let best = { position: 0, similarity: LEAST_SIMILARITY };
  for (const { 0: word, index: position } of lower.matchAll(/[\p{L}\p{N}]+/gu)) {
    const own = trigramsOf(word);
    const similarity = Math.max(0, ...wanted.map((other) => sharedPart(own, other)));
    if (similarity > best.similarity) best = { position, similarity };
  }
  return best.position;
}

/** Common members in proportion to all members of both. */
function sharedPart(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = [...a].filter((trigram) => b.has(trigram)).length;
  return common / (a.size + b.size - common);
}

function trigramsOf(word: string): Set<string> {
  const padded = `  ${word} `;
  return new Set(Array.from({ length: padded.length - 2 }, (_, i) => padded.slice(i, i + 3)));
}

/** The next beginning of a word from `from`, unless that would pass the match. */
function wordBoundaryBefore(text: string, from: number, match: number): number {
  if (from === 0) return 0;
  const space = text.indexOf(" ", from);
  return space === -1 || space >= match ? from : space + 1;
}

/** The last end of a word up to `to`, unless that would cut the match off. */
function wordBoundaryAfter(text: string, to: number, match: number): number {
  const space = text.lastIndexOf(" ", to);
  return space <= match ? to : space;
}
