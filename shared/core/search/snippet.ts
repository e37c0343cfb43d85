/** Longest snippet, in characters, without its ellipses. */
const SNIPPET_LENGTH = 160;

/** How much of the snippet stands before the match. */
const LEAD_LENGTH = 50;

/** A part of a longer text, and whether text was left out before and after it. */
export type TextWindow = { readonly text: string; readonly cutBefore: boolean; readonly cutAfter: boolean };

/**
 * The part of a text around the first of `words` (lower case), at most 160 characters, cut between words, with `…`
 * where text is left out. Without a match it is the beginning.
 */
export function snippetOf(window: TextWindow, words: readonly string[]): string {
  const text = window.text.replace(/\s+/gu, " ").trim();
  const lower = text.toLowerCase();
  const matches = words.map((word) => lower.indexOf(word)).filter((position) => position >= 0);
  const match = matches.length === 0 ? 0 : Math.min(...matches);

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
