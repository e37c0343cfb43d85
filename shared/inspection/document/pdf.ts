/**
 * PDF through pdf.js: pages, first page's size, information dictionary. Never any page content: one page can unpack to
 * gigabytes, so text is the agent's.
 *
 * The file is handed over whole. By range, pdf.js asks again and again, without end and without reading, for an offset
 * that lies less than one chunk past the end of the file, and a damaged cross-reference table is enough for that.
 */
import { getResolvedPDFJS } from "unpdf";
import { type Finding, type MetadataDraft, rejected } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";

/** Read whole, and in memory twice while it is parsed; longer documents are the agent's. */
const MAX_PDF_BYTES = 8 * 1024 * 1024;
/** The slowest of 1,169 documents took 0.9 s on a loaded machine. */
const PARSE_TIMEOUT_MS = 10_000;

type PdfJs = Awaited<ReturnType<typeof getResolvedPDFJS>>;
/** Refuses what opens with a password only (`encrypted`) and what has no structure (`unreadable`). */
export async function inspectPdf(reader: RangeReader): Promise<Finding> {
  if (reader.sizeBytes > MAX_PDF_BYTES) {
    return { metadata: {}, errors: [{ code: "too_large_for_edge", detail: "a PDF over 8 MiB is read by the agent" }] };
  }
  const pdfjs = await getResolvedPDFJS();
  const data = await reader.read(0, reader.sizeBytes);
  const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
  stopped.catch(() => undefined);
  const timer = setTimeout(() => stop(new Error("the document took too long")), PARSE_TIMEOUT_MS);
  const task = pdfjs.getDocument({
    data,
    stopAtErrors: false,
    disableFontFace: true,
    useSystemFonts: false,
    isImageDecoderSupported: false,
    useWorkerFetch: false,
    verbosity: 0,
  });
  const parse = readDocument(task);
  parse.catch(() => undefined);
  try {
    return { metadata: await Promise.race([parse, stopped]) };
  } catch (error) {
    if (error instanceof Error && error.name === "PasswordException") {
      return rejected("encrypted", "a PDF that opens with a password only", { isEncrypted: true });
    }
    if (error instanceof Error && error.name === "InvalidPDFException")
      return rejected("unreadable", "the PDF has no readable structure");
    return { metadata: {}, errors: [{ code: "partial_metadata", detail: "the PDF's properties could not be read" }] };
  } finally {
    clearTimeout(timer);
    task.destroy().catch(() => undefined);
  }
}

type LoadingTask = ReturnType<PdfJs["getDocument"]>;

async function readDocument(task: LoadingTask): Promise<MetadataDraft> {
  const document = await task.promise;
  const draft: MetadataDraft = { pageCount: document.numPages, isEncrypted: false };
  const page = await document.getPage(1).catch(() => null);
  const [left, bottom, right, top] = page?.view ?? [];
  if (left !== undefined && bottom !== undefined && right !== undefined && top !== undefined) {
    draft.pageWidthPoints = Math.abs(right - left);
    draft.pageHeightPoints = Math.abs(top - bottom);
  }
  const { info, metadata } = await document.getMetadata();
  const text = (name: string): string | null => {
    // SAFETY: the library types the dictionary as an empty object; it holds strings, numbers and booleans.
    const value = (info as Readonly<Record<string, unknown>>)[name];
    return typeof value === "string" ? value : null;
  };
  return {
    ...draft,
    title: text("Title"),
    author: text("Author"),
    subject: text("Subject"),
    keywords: text("Keywords"),
    creator: text("Creator"),
    producer: text("Producer"),
    language: text("Language"),
    createdAt: pdfInstant(text("CreationDate")),
    modifiedAt: pdfInstant(text("ModDate")),
    isEncrypted: text("EncryptFilterName") !== null,
    hasXmp: metadata !== null && metadata !== undefined,
  };
}

/** `D:20120611162847-04'00'` (ISO 32000-1, 7.9.4) as `2012-06-11T16:28:47-04:00`; a date without a zone gets none. */
function pdfInstant(date: string | null): string | null {
  const parts =
    date === null
      ? null
      : /^(?:D:)?(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:([Zz])|([+-])(\d{2})'?(\d{2})?'?)?/.exec(
          date.trim(),
        );
  if (parts === null) return null;
  const [
    ,
    year,
    month = "01",
    day = "01",
    hour = "00",
    minute = "00",
    second = "00",
    zulu,
    sign,
    zoneHour,
    zoneMinute = "00",
  ] = parts;
  const zone = zulu !== undefined ? "Z" : sign === undefined ? "" : `${sign}${zoneHour}:${zoneMinute}`;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`;
}
