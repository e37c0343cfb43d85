/** The language a text is written in, by its letter sequences. */
import { detectAll } from "tinyld";

export type Language = { /** ISO 639-1. */ readonly code: string; readonly name: string; readonly confidence: number };

/** Fewer letters than this fit several languages. */
const MIN_LETTERS = 24;
/** The beginning tells; more only takes time. */
const MAX_CHARS = 6000;
/** The detector's own certainty, below which it guesses. */
const MIN_CONFIDENCE = 0.1;

/** Null when there is too little text to tell. */
export function languageOf(text: string): Language | null {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters < MIN_LETTERS) return null;
  const [best] = detectAll(text.slice(0, MAX_CHARS));
  if (best === undefined || best.accuracy < MIN_CONFIDENCE) return null;
  const name = new Intl.DisplayNames(["en"], { type: "language" }).of(best.lang) ?? best.lang;
  return { code: best.lang, name, confidence: Math.min(Math.max(best.accuracy, 0), 1) };
}
