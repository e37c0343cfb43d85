/** Text in pictures, by Tesseract compiled to WebAssembly; its data come with a package, nothing is fetched. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createWorker, OEM, type Worker } from "tesseract.js";
import type { Box } from "../../../../shared/contracts/insight.ts";
import type { Picture } from "./picture.ts";
import { asImage } from "./resize.ts";

const require = createRequire(import.meta.url);

export const OCR_MODEL = "tesseract-5-eng-best-int";

export type OcrLine = {
  readonly text: string;
  /** 0 to 1: mean over the words. */
  readonly confidence: number;
  readonly box: Box;
  readonly words: readonly { readonly text: string; readonly confidence: number; readonly box: Box }[];
};

/** Words the engine is less sure of than this are mostly texture that looks like writing. */
const MIN_WORD_CONFIDENCE = 0.6;
/** A line needs a word of this length and certainty: texture yields short ones and doubtful ones. */
const ANCHOR = { letters: 3, confidence: 0.75 };
/** The engine was trained on capitals of about 30 px: small pictures are enlarged, large ones need no more. */
const SMALL_SIDE = 1000;
const LARGE_SIDE = 2400;

let started: Promise<Worker> | null = null;

/** Ends the recogniser of this process, if there is one. */
export async function stopOcr(): Promise<void> {
  const worker = started;
  started = null;
  if (worker !== null) await (await worker).terminate();
}

/** The lines of text in reading order; none where there is no text. */
export async function readLines(picture: Picture): Promise<OcrLine[]> {
  started ??= startWorker();
  const worker = await started;
  const longer = Math.max(picture.width, picture.height);
  const scale = longer < SMALL_SIDE ? Math.min(2, LARGE_SIDE / longer) : Math.min(1, LARGE_SIDE / longer);
  const width = Math.max(Math.round(picture.width * scale), 3);
  const height = Math.max(Math.round(picture.height * scale), 3);
  const image = await asImage(picture)
    .resize({ width, height, fit: "fill", kernel: "cubic" })
    .toColourspace("b-w")
    .normalise()
    .png({ compressionLevel: 1 })
    .toBuffer();
  const { data } = await worker.recognize(image, {}, { text: false, blocks: true });
  const lines: OcrLine[] = [];
  for (const block of data.blocks ?? []) {
    for (const paragraph of block.paragraphs) {
      for (const line of paragraph.lines) {
        const words = line.words.map((word) => ({
          text: word.text.trim(),
          confidence: word.confidence / 100,
          box: fractions(word.bbox, width, height),
        }));
        const read = lineOf(words);
        if (read !== null) lines.push({ ...read, box: fractions(line.bbox, width, height) });
      }
    }
  }
  return lines;
}

async function startWorker(): Promise<Worker> {
  const packageFile = require.resolve("@tesseract.js-data/eng/package.json");
  const worker = await createWorker("eng", OEM.LSTM_ONLY, {
    langPath: join(dirname(packageFile), "4.0.0_best_int"),
    gzip: true,
    cacheMethod: "none",
    errorHandler: () => undefined,
  });
  // The pictures are enlarged or reduced to about this; without it the engine guesses, and complains.
  await worker.setParameters({ user_defined_dpi: "150" });
  return worker;
}

/** The line without its doubtful words; null when nothing is left that looks like language. */
export function lineOf(words: OcrLine["words"]): Omit<OcrLine, "box"> | null {
  const sure = words.filter((word) => word.confidence >= MIN_WORD_CONFIDENCE && word.text !== "");
  if (!sure.some(isAnchor)) return null;
  const confidence = sure.reduce((sum, word) => sum + word.confidence, 0) / sure.length;
  return { text: sure.map((word) => word.text).join(" "), confidence, words: sure };
}

function isAnchor(word: { readonly text: string; readonly confidence: number }): boolean {
  const letters = word.text.match(/[\p{L}\p{N}]/gu) ?? [];
  return letters.length >= ANCHOR.letters && word.confidence >= ANCHOR.confidence;
}

type Corners = { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };

function fractions({ x0, y0, x1, y1 }: Corners, width: number, height: number): Box {
  const part = (value: number, whole: number): number => Number(Math.min(Math.max(value / whole, 0), 1).toFixed(5));
  const x = part(x0, width);
  const y = part(y0, height);
  return { x, y, width: part(x1 - x0, width), height: part(y1 - y0, height) };
}
