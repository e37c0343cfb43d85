/** The pass of documents: opened once, read once, then each operation on what was read. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { Metadata, Reason } from "../../../../shared/contracts/media.ts";
import type { Operation, Step } from "../../../../shared/contracts/operations.ts";
import { LEXICAL_SPACE, lexicalVector } from "../../../../shared/core/embedding/lexical-vector.ts";
import type { Pass, PassContext, ProducedInsight, StepOutcome } from "../../../engine.ts";
import { finding, rounded } from "../finding.ts";
import type { OpenDocument } from "./document.ts";
import { keywordsOf } from "./keywords.ts";
import { languageOf } from "./language.ts";
import { openDocument } from "./open.ts";
import { READ_LIMITS, type Reading, readParts } from "./read-parts.ts";
import { splitText } from "./split-text.ts";
import { stopWordsOf } from "./stop-words.ts";

const PIECE_CHARS = 8000;
const THUMBNAIL_SIDE = 512;
/** The whole-document vector: more text would only blur it. */
const MAX_EMBEDDED_CHARS = 200_000;

const found = (...insights: readonly ProducedInsight[]): StepOutcome => ({ status: "succeeded", insights });
const skipped = (code: string, detail: string): StepOutcome => ({ status: "skipped", reason: { code, detail } });
const noText = (): StepOutcome =>
  skipped("no_text", "The document has no text that can be read; its pages may be pictures.");

type Opened = { readonly document: OpenDocument; readonly context: PassContext };
type Read = { readonly document: OpenDocument; readonly reading: Reading; readonly text: string };

/** What the structure tells, before any text is read: should reading it fail, these are done. */
const FROM_STRUCTURE: Partial<Record<Operation, (opened: Opened) => Promise<StepOutcome>>> = {
  probe: async ({ document: { format, count, metadata } }) => ({
    status: "succeeded",
    insights: [
      finding("document-v1", {
        kind: "document",
        data: { format, ...(count === null ? {} : { [`${count.kind}s`]: count.parts }) },
      }),
    ],
    metadata,
  }),
  "page-count": async ({ document, context }) => pageCount(document, context.input.metadata),
  thumbnail: async ({ document, context }) => thumbnail(document, context.scratchDir),
};

const FROM_TEXT: Partial<Record<Operation, (read: Read) => StepOutcome>> = {
  "document-text": textOutcome,
  language: ({ text }) => {
    const language = languageOf(text);
    if (language === null) return skipped("too_little_text", "There is too little text to tell its language.");
    const { code, name, confidence } = language;
    const insight = finding(
      "tinyld-1.3",
      { kind: "language", data: { language: code, name } },
      { text: name, confidence: rounded(confidence, 4) },
    );
    return { status: "succeeded", insights: [insight], metadata: { language: code } };
  },
  keywords: ({ text }) => {
    const keywords = keywordsOf(text, stopWordsOf(languageOf(text)?.code ?? null));
    if (keywords.length === 0)
      return skipped("too_little_text", "There is no word in the text that says what it is about.");
    const terms = keywords.map((keyword) => keyword.term).join(", ");
    return found(finding("rake-tf-v1", { kind: "keywords", data: { keywords } }, { text: terms }));
  },
  embed: ({ text }) => {
    if (text.trim() === "") return noText();
    const vector = lexicalVector(text.slice(0, MAX_EMBEDDED_CHARS));
    return found(
      finding(
        LEXICAL_SPACE,
        { kind: "embedding", data: { dimensions: vector.length } },
        { embedding: { space: LEXICAL_SPACE, vector } },
      ),
    );
  },
};

const operations: readonly Operation[] = [
  "probe",
  "page-count",
  "thumbnail",
  "document-text",
  "language",
  "keywords",
  "embed",
];

export const documentPass: Pass = {
  name: "document",
  operations,
  accepts: (input) => input.mediaType === "document",
  async run(steps, context) {
    const opening = await openDocument({ path: context.inputPath, ...context.input });
    if (!opening.ok) {
      for (const step of steps) await context.result(step.id, unopened(step, opening, context.input.metadata));
      return;
    }
    const { document } = opening;
    try {
      for (const [step, work] of served(steps, FROM_STRUCTURE))
        await context.result(step.id, await work({ document, context }));
      const textual = served(steps, FROM_TEXT);
      if (textual.length === 0) return;
      const total = document.count?.parts ?? 1;
      const reading = await readParts(document, READ_LIMITS, async (done) => {
        if (done % 10 === 0) await context.progress(Math.min(done / total, 1) * 0.9, null);
      });
      const text = reading.parts.map((part) => part.text).join("\n\n");
      for (const [step, work] of textual) await context.result(step.id, work({ document, reading, text }));
    } finally {
      await document.close();
    }
  },
};

/** A document whose properties were read is known by those, also when its content stays shut. */
function unopened(
  { operation }: Step,
  { status, reason }: { readonly status: "failed" | "skipped"; readonly reason: Reason },
  known: Metadata,
): StepOutcome {
  if (operation !== "probe" || Object.keys(known).length === 0) return { status, reason };
  const { isEncrypted = false } = known;
  return found(finding("document-v1", { kind: "document", data: { format: null, isEncrypted } }));
}

function served<W>(steps: readonly Step[], works: Partial<Record<Operation, W>>): (readonly [Step, W])[] {
  return operations.flatMap((operation) => {
    const work = works[operation];
    return work === undefined
      ? []
      : steps.filter((step) => step.operation === operation).map((step) => [step, work] as const);
  });
}

function pageCount({ count }: OpenDocument, known: Metadata): StepOutcome {
  if (count !== null) {
    const metadata: Metadata = count.kind === "page" ? { pageCount: count.parts } : {};
    const insight = finding("document-v1", {
      kind: "page-count",
      data: { [`${count.kind}s`]: count.parts, source: "structure" },
    });
    return { status: "succeeded", insights: [insight], metadata };
  }
  // A text without layout has the pages that the program which wrote it counted.
  if (known.pageCount !== undefined) {
    return found(finding("document-v1", { kind: "page-count", data: { pages: known.pageCount, source: "declared" } }));
  }
  return skipped("not_paginated", "The document has no pages of its own: a layout would make them.");
}

async function thumbnail({ preview }: OpenDocument, scratchDir: string): Promise<StepOutcome> {
  if (preview === null)
    return skipped("no_renderer", "Pages are not rendered, and the document carries no picture of itself.");
  try {
    const { data, info } = await sharp(preview, { limitInputPixels: 25_000_000 })
      .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: "inside", withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer({ resolveWithObject: true });
    const file = { name: "thumbnail.webp", path: join(scratchDir, "thumbnail.webp"), contentType: "image/webp" };
    await writeFile(file.path, data);
    return found(
      finding("embedded-preview", { kind: "thumbnail", data: { width: info.width, height: info.height } }, { file }),
    );
  } catch {
    return skipped("no_renderer", "Pages are not rendered, and the document's picture of itself cannot be read.");
  }
}

/** One finding a page, slide, sheet or chapter; long ones in pieces. A document without text says so. */
function textOutcome({ document, reading }: Read): StepOutcome {
  const insights = reading.parts.flatMap(({ kind, number, title, text }) =>
    splitText(text, PIECE_CHARS).map((piece, index) => {
      const data = { part: kind, ...(title === null ? {} : { title }), piece: index + 1 };
      const embedding = { space: LEXICAL_SPACE, vector: lexicalVector(piece) };
      return finding(
        `${document.format}-text-v1`,
        { kind: "document-text", data },
        { text: piece, page: number, embedding },
      );
    }),
  );
  if (reading.truncatedBy !== null) {
    const data = { truncatedBy: reading.truncatedBy, partsRead: reading.parts.length };
    insights.push(finding(`${document.format}-text-v1`, { kind: "document-text-truncated", data }));
  }
  if (insights.length === 0)
    return found(finding(`${document.format}-text-v1`, { kind: "document-text", data: { characters: 0 } }));
  return found(...insights);
}
