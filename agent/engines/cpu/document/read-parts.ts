/** The text of a document, up to bounds that no honest document meets. */
import type { OpenDocument, Part } from "./document.ts";

export type ReadLimits = { readonly maxParts: number; readonly maxChars: number; readonly maxMs: number };

export const READ_LIMITS: ReadLimits = { maxParts: 2000, maxChars: 20_000_000, maxMs: 60_000 };

export type Reading = {
  readonly parts: readonly Part[];
  /** Which bound ended the reading before the document did. */
  readonly truncatedBy: "parts" | "chars" | "time" | null;
};

/** `onPart` is told how many parts are read. */
export async function readParts(
  document: OpenDocument,
  limits: ReadLimits,
  onPart: (read: number) => Promise<void>,
): Promise<Reading> {
  const startedAtMs = performance.now();
  const parts: Part[] = [];
  let chars = 0;
  for await (const part of document.parts()) {
    const text = part.text
      .replaceAll("\0", "")
      .toWellFormed()
      .slice(0, limits.maxChars - chars);
    parts.push({ ...part, text });
    chars += text.length;
    await onPart(parts.length);
    const more = parts.length < (document.count?.parts ?? 1);
    if (more && parts.length >= limits.maxParts) return { parts, truncatedBy: "parts" };
    if (chars >= limits.maxChars) return { parts, truncatedBy: "chars" };
    if (more && performance.now() - startedAtMs > limits.maxMs) return { parts, truncatedBy: "time" };
  }
  return { parts, truncatedBy: null };
}
