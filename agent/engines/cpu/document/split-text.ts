/** `text` in pieces of at most `maxChars`, cut at a line's end, else at a blank, else anywhere; no piece is empty. */
export function splitText(text: string, maxChars: number): string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (rest.length > maxChars) {
    const cut = cutPoint(rest, maxChars);
    pieces.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  if (rest !== "") pieces.push(rest);
  return pieces;
}

/** Not in the first half: pieces would become many and short. */
function cutPoint(text: string, maxChars: number): number {
  for (const mark of ["\n", " "]) {
    const at = text.lastIndexOf(mark, maxChars);
    if (at > maxChars / 2) return at;
  }
  // Never between the halves of a surrogate pair.
  const last = text.charCodeAt(maxChars - 1);
  return last >= 0xd800 && last < 0xdc00 ? maxChars - 1 : maxChars;
}
