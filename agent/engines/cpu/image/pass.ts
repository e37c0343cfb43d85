/** The pass of still pictures: one decode, then each operation on what it needs of it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LEXICAL_SPACE, lexicalVector } from "../../../../shared/core/embedding/lexical-vector.ts";
import type { Metadata, Reason } from "../../../../shared/contracts/media.ts";
import type { Operation } from "../../../../shared/contracts/operations.ts";
import type { Pass, PassContext, ProducedInsight, StepOutcome } from "../../../engine.ts";
import { finding, rounded } from "../finding.ts";
import { type Decoded, decodePicture } from "./decode.ts";
import { OCR_MODEL, type OcrLine, readLines, stopOcr } from "./ocr.ts";
import { dominantColours } from "./palette.ts";
import { DHASH_COLUMNS, DHASH_ROWS, differenceHash, PHASH_SIDE, perceptualHash } from "./perceptual-hash.ts";
import { measureQuality } from "./quality.ts";
import { asImage, greyThumb, within } from "./resize.ts";
import { VISUAL_SPACE, visualDescriptor } from "./visual-descriptor.ts";

const THUMBNAIL_SIDE = 512;
/** Quality is compared between pictures, so all are measured at one size. */
const QUALITY_SIDE = 1024;
/** Colours and the descriptor do not change beyond this size. */
const OVERVIEW_SIDE = 256;
/** Lines reported one by one; the whole text is reported anyway. */
const MAX_LINES = 500;
const MAX_TEXT_CHARS = 100_000;

type Work = (decoded: Decoded, context: PassContext) => Promise<StepOutcome>;

const found = (...insights: readonly ProducedInsight[]): StepOutcome => ({ status: "succeeded", insights });

/** Cheap ones first: what is found is found, should a later one fail. */
const WORK = {
  probe: async ({ metadata, decoder, picture }) => ({
    status: "succeeded",
    insights: [
      finding("probe-v1", {
        kind: "picture",
        data: { decoder, ...shapeOf(metadata.width ?? picture.width, metadata.height ?? picture.height) },
      }),
    ],
    metadata,
  }),
  thumbnail: async ({ picture }, { scratchDir }) => {
    const { data, info } = await asImage(picture)
      .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: "inside", withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer({ resolveWithObject: true });
    const file = { name: "thumbnail.webp", path: join(scratchDir, "thumbnail.webp"), contentType: "image/webp" };
    await writeFile(file.path, data);
    return found(
      finding("thumbnail-v1", { kind: "thumbnail", data: { width: info.width, height: info.height } }, { file }),
    );
  },
  colours: async ({ picture }) => {
    const colours = dominantColours(await within(picture, OVERVIEW_SIDE));
    const names = [...new Set(colours.map((colour) => colour.name))];
    return found(finding("palette-v1", { kind: "colours", data: { colours } }, { text: names.join(", ") || null }));
  },
  quality: async ({ picture }) => {
    const quality = measureQuality(await within(picture, QUALITY_SIDE));
    return found(finding("quality-v1", { kind: "quality", data: { ...quality, verdicts: [...quality.verdicts] } }));
  },
  fingerprint: async ({ picture }) => {
    const phash = perceptualHash(await greyThumb(picture, PHASH_SIDE, PHASH_SIDE));
    const dhash = differenceHash(await greyThumb(picture, DHASH_COLUMNS, DHASH_ROWS));
    return found(finding("phash-dct-64", { kind: "fingerprint", data: { phash, dhash } }));
  },
  embed: async ({ picture }) => {
    const { rgb, width, height } = await within(picture, OVERVIEW_SIDE);
    const embedding = { space: VISUAL_SPACE, vector: visualDescriptor(rgb, width, height) };
    return found(
      finding(VISUAL_SPACE, { kind: "embedding", data: { dimensions: embedding.vector.length } }, { embedding }),
    );
  },
  ocr: async ({ picture }) => found(...textFindings(await readLines(picture))),
} satisfies Partial<Record<Operation, Work>>;

const ORDER = Object.keys(WORK) as (keyof typeof WORK)[]; // SAFETY: the keys of the literal above.

export const imagePass: Pass = {
  name: "image",
  operations: ORDER,
  accepts: (input) => input.mediaType === "image",
  async run(steps, context) {
    const decoded = await decodePicture(context.inputPath, context.input.metadata);
    const ordered = ORDER.flatMap((operation) =>
      steps.filter((step) => step.operation === operation).map((step) => ({ step, work: WORK[operation] })),
    );
    try {
      for (const [index, { step, work }] of ordered.entries()) {
        await context.progress(index / ordered.length, null);
        if (decoded.ok) await context.result(step.id, await work(decoded, context));
        else await context.result(step.id, undecoded(step.operation, decoded.reason, context.input.metadata));
      }
    } finally {
      await stopOcr();
    }
  },
};

/** A picture whose header was read is known by that, also when its pixels cannot be decoded. */
function undecoded(operation: Operation, reason: Reason, { width, height }: Metadata): StepOutcome {
  if (operation !== "probe" || width === undefined || height === undefined) return { status: "failed", reason };
  return found(finding("probe-v1", { kind: "picture", data: { decoder: null, ...shapeOf(width, height) } }));
}

function shapeOf(width: number, height: number): { megapixels: number; aspectRatio: number } {
  return { megapixels: rounded((width * height) / 1e6, 3), aspectRatio: rounded(width / height, 4) };
}

/** The whole text first, then each line with its place. A picture without text says so. */
function textFindings(lines: readonly OcrLine[]): ProducedInsight[] {
  if (lines.length === 0) return [finding(OCR_MODEL, { kind: "ocr-text", data: { words: 0 } })];
  const text = lines
    .map((line) => line.text)
    .join("\n")
    .slice(0, MAX_TEXT_CHARS);
  const words = lines.reduce((count, line) => count + line.words.length, 0);
  const mean = lines.reduce((sum, line) => sum + line.confidence * line.words.length, 0) / words;
  const embedding = { space: LEXICAL_SPACE, vector: lexicalVector(text) };
  const whole = finding(
    OCR_MODEL,
    { kind: "ocr-text", data: { words, lines: lines.length } },
    { text, confidence: rounded(mean, 4), embedding },
  );
  const each = lines.slice(0, MAX_LINES).map((line) =>
    finding(
      OCR_MODEL,
      {
        kind: "ocr-text",
        data: {
          words: line.words.map((word) => ({
            text: word.text,
            confidence: rounded(word.confidence, 2),
            box: word.box,
          })),
        },
      },
      {
        text: line.text,
        confidence: rounded(line.confidence, 4),
        box: line.box,
        embedding: { space: LEXICAL_SPACE, vector: lexicalVector(line.text) },
      },
    ),
  );
  return [whole, ...each];
}
