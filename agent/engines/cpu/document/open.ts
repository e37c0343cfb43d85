/** Opens a document by what its first bytes are. */
import { open } from "node:fs/promises";
import { TruncatedError } from "../../../../shared/inspection/byte-view.ts";
import { ZipBombError } from "../../../../shared/inspection/document/zip.ts";
import { InspectionBudgetError } from "../../../../shared/inspection/range-reader.ts";
import { cannotOpen, ENCRYPTED, type Opening } from "./document.ts";
import { openOffice } from "./office.ts";
import { openPdf } from "./pdf.ts";

/** Larger ones would have to be held in memory whole. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;
/** A PDF's mark may stand after so much of something else. */
const HEAD_BYTES = 1024;
/** The directory of a compound file lies within this in all but very large ones. */
const COMPOUND_SEARCH_BYTES = 4 * 1024 * 1024;
const COMPOUND_MAGIC = "d0cf11e0a1b11ae1";

type DocumentFile = { readonly path: string; readonly sizeBytes: number; readonly contentType: string };

/** What is wrong with the document is a reason, never an exception. */
export async function openDocument({ path, sizeBytes, contentType }: DocumentFile): Promise<Opening> {
  if (sizeBytes > MAX_FILE_BYTES)
    return cannotOpen("failed", "too_large", `Documents over ${MAX_FILE_BYTES} bytes are not read.`);
  try {
    const head = await firstBytes(path, HEAD_BYTES);
    // Readers repair a PDF without its mark, and inspection knows it by more.
    if (head.includes("%PDF-") || contentType === "application/pdf") return await openPdf(path);
    if (head.subarray(0, 2).toString("latin1") === "PK") return await openOffice(path, sizeBytes);
    if (head.subarray(0, 8).toString("hex") === COMPOUND_MAGIC) return await openCompound(path);
    return cannotOpen("skipped", "unsupported_format", "Text of this kind of document cannot be read.");
  } catch (error) {
    if (error instanceof ZipBombError || error instanceof InspectionBudgetError) {
      return cannotOpen("failed", "bomb", `The document is built to exhaust its reader: ${error.message}`);
    }
    if (error instanceof TruncatedError)
      return cannotOpen("failed", "truncated", `The document is incomplete: ${error.message}`);
    throw error;
  }
}

/** Office encrypts a document by putting it into a compound file; the other ones are of the years before 2007. */
async function openCompound(path: string): Promise<Opening> {
  const bytes = await firstBytes(path, COMPOUND_SEARCH_BYTES);
  if (bytes.includes(Buffer.from("EncryptedPackage", "utf16le"))) return ENCRYPTED;
  return cannotOpen(
    "skipped",
    "unsupported_format",
    "Text of the binary Office formats (DOC, XLS, PPT) cannot be read.",
  );
}

async function firstBytes(path: string, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
