/**
 * Words that say little about a subject. Kept short on purpose: only articles, prepositions, pronouns and auxiliaries
 * of English, because a word missing here costs a little weight and a word too many hides a meaning.
 */
const STOP_WORDS = new Set(
  (
    "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it " +
    "its me my no not of on or our she so than that the their them then there these they this those to was we were " +
    "what when where which who will with would you your"
  ).split(" "),
);

/** Whether a normalised word says little about what a text is about. */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}

/**
 * The words of a text, folded: compatibility forms and accents removed (NFKD without marks), lower case, split at
 * everything that is neither letter nor digit. `Crème-brûlée №5` has the words `creme`, `brulee`, `no5`.
 */
export function normalisedWords(text: string): string[] {
  const folded = text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
  return folded.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Endings cut by `lightStem`, longest first, with what takes their place. */
const ENDINGS: readonly (readonly [ending: string, replacement: string])[] = [
  ["iness", "y"],
  ["ings", ""],
  ["ies", "y"],
  ["ing", ""],
  ["ers", "er"],
  ["ed", ""],
  ["ly", ""],
  ["es", "e"],
  ["s", ""],
];

/** Shortest stem an ending is cut down to: below it, `bus` and `red` would lose what makes them words. */
const MINIMUM_STEM_LENGTH = 4;

/**
 * A word without its commonest English ending, so that `lighthouses` meets `lighthouse` and `boating` meets `boats`.
 * Words of other alphabets and short words stay as they are.
 */
export function lightStem(word: string): string {
  if (!/^[a-z]+$/.test(word) || word.endsWith("ss")) return word;
  const cut = withoutEnding(word);
  return cut.length > MINIMUM_STEM_LENGTH && cut.endsWith("e") ? cut.slice(0, -1) : cut;
}

function withoutEnding(word: string): string {
  for (const [ending, replacement] of ENDINGS) {
    const stem = word.slice(0, word.length - ending.length) + replacement;
    if (word.endsWith(ending) && stem.length >= MINIMUM_STEM_LENGTH) return stem;
  }
  return word;
}
