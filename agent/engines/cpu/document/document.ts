/** What every kind of document is to the pass: parts with text, in reading order. */
import type { Metadata, Reason } from "../../../../shared/contracts/media.ts";

export type PartKind = "page" | "slide" | "sheet" | "chapter" | "text";

export type Part = {
  /** 1-based among the parts of its kind; null where the document has no such parts (a text without layout). */
  readonly number: number | null;
  readonly kind: PartKind;
  readonly title: string | null;
  readonly text: string;
};

export type OpenDocument = {
  readonly format: string;
  /** Pages, slides, sheets or chapters; null where only a layout would tell. */
  readonly count: { readonly kind: PartKind; readonly parts: number } | null;
  readonly metadata: Metadata;
  /** A picture of the document that it carries itself. */
  readonly preview: Uint8Array | null;
  /** The parts in order, read as they are asked for. A part that cannot be read has no text. */
  parts(): AsyncIterable<Part>;
  close(): Promise<void>;
};

export type Opening =
  | { readonly ok: true; readonly document: OpenDocument }
  | { readonly ok: false; readonly status: "skipped" | "failed"; readonly reason: Reason };

export function cannotOpen(status: "skipped" | "failed", code: string, detail: string): Opening {
  return { ok: false, status, reason: { code, detail } };
}

export const ENCRYPTED = cannotOpen("failed", "encrypted", "The document is encrypted; its content needs a password.");
