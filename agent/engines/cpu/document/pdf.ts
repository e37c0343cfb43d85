/** Text and properties of PDF documents, page by page. */
import { readFile } from "node:fs/promises";
import { getDocumentProxy, getMeta } from "unpdf";
import type { Metadata } from "../../../../shared/contracts/media.ts";
import { cleanMetadata } from "../../../../shared/inspection/finding.ts";
import { cannotOpen, ENCRYPTED, type OpenDocument, type Opening, type Part } from "./document.ts";

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

export async function openPdf(path: string): Promise<Opening> {
  let pdf: Pdf;
  try {
    // Fonts are not needed for text.
    pdf = await getDocumentProxy(new Uint8Array(await readFile(path)), {
      disableFontFace: true,
      verbosity: 0,
    });
  } catch (error) {
    if (error instanceof Error && error.name === "PasswordException") return ENCRYPTED;
    const detail = error instanceof Error ? error.message.slice(0, 300) : "unknown";
    return cannotOpen("failed", "unreadable", `The PDF cannot be read: ${detail}`);
  }
  const document: OpenDocument = {
    format: "pdf",
    count: { kind: "page", parts: pdf.numPages },
    metadata: await properties(pdf),
    preview: null,
    parts: () => pages(pdf),
    close: () => pdf.loadingTask.destroy(),
  };
  return { ok: true, document };
}

async function* pages(pdf: Pdf): AsyncIterable<Part> {
  for (let number = 1; number <= pdf.numPages; number += 1) {
    yield { number, kind: "page", title: null, text: await pageText(pdf, number) };
  }
}

/** Empty for a page that is broken: the others may not be. */
async function pageText(pdf: Pdf, number: number): Promise<string> {
  try {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    let text = "";
    for (const item of items) if ("str" in item) text += item.str + (item.hasEOL ? "\n" : "");
    page.cleanup();
    return text;
  } catch {
    return "";
  }
}

async function properties(pdf: Pdf): Promise<Metadata> {
  const info = await getMeta(pdf).then(
    (meta) => meta.info,
    () => ({}),
  );
  const [, , pageWidthPoints, pageHeightPoints] = await pdf.getPage(1).then(
    (page) => page.view,
    () => [],
  );
  const text = (name: string): string | null => {
    const value: unknown = Reflect.get(info, name);
    return typeof value === "string" ? value : null;
  };
  return cleanMetadata({
    pageCount: pdf.numPages,
    pageWidthPoints,
    pageHeightPoints,
    title: text("Title"),
    author: text("Author"),
    subject: text("Subject"),
    keywords: text("Keywords"),
    creator: text("Creator"),
    producer: text("Producer"),
  });
}
