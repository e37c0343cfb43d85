/** DOCX, XLSX, PPTX, OpenDocument and EPUB: which one an archive is, and its parts. */
import { Archive } from "./archive.ts";
import { cannotOpen, ENCRYPTED, type OpenDocument, type Opening, type Part, type PartKind } from "./document.ts";
import { epubChapters } from "./epub.ts";
import { openDocumentParts } from "./open-document.ts";
import { slides } from "./presentation.ts";
import { sheets } from "./spreadsheet.ts";
import { wordText } from "./word.ts";

/** Pictures of themselves that documents carry, by the places their formats give them. */
const PREVIEWS = [
  "docProps/thumbnail.jpeg",
  "docProps/thumbnail.jpg",
  "docProps/thumbnail.png",
  "Thumbnails/thumbnail.png",
];

type Shape = {
  readonly format: string;
  readonly kind: PartKind;
  readonly parts: () => Promise<readonly (() => Promise<Part>)[]>;
};

/** Throws `ZipBombError` or `TruncatedError`. */
export async function openOffice(path: string, sizeBytes: number): Promise<Opening> {
  const archive = await Archive.open(path, sizeBytes);
  try {
    const opening = await openArchive(archive);
    if (!opening.ok) await archive.close();
    return opening;
  } catch (error) {
    await archive.close();
    throw error;
  }
}

async function openArchive(archive: Archive): Promise<Opening> {
  const manifest = (await archive.text("META-INF/manifest.xml")) ?? "";
  if (archive.isEncrypted || manifest.includes("encryption-data")) return ENCRYPTED;
  const shape = await shapeOf(archive);
  if (shape === null)
    return cannotOpen("skipped", "unsupported_format", "The archive is no document whose text can be read.");
  const parts = await shape.parts();
  const preview = PREVIEWS.find((name) => archive.names.includes(name));
  const document: OpenDocument = {
    format: shape.format,
    count: shape.kind === "text" ? null : { kind: shape.kind, parts: parts.length },
    metadata: countedAs(shape.kind, parts.length),
    preview: preview === undefined ? null : await archive.bytes(preview),
    async *parts() {
      for (const part of parts) yield await part();
    },
    close: () => archive.close(),
  };
  return { ok: true, document };
}

async function shapeOf(archive: Archive): Promise<Shape | null> {
  const mimetype = ((await archive.text("mimetype")) ?? "").trim();
  if (mimetype.startsWith("application/vnd.oasis.opendocument")) return openDocumentShape(archive, mimetype);
  const has = (pattern: RegExp): boolean => archive.names.some((name) => pattern.test(name));
  if (mimetype === "application/epub+zip" || has(/^META-INF\/container\.xml$/)) {
    return { format: "epub", kind: "chapter", parts: () => epubChapters(archive) };
  }
  if (has(/^word\/document\w*\.xml$/)) return { format: "docx", kind: "text", parts: () => wordText(archive) };
  if (has(/^xl\/workbook\w*\.xml$/)) return { format: "xlsx", kind: "sheet", parts: () => sheets(archive) };
  if (has(/^ppt\/presentation\w*\.xml$/)) return { format: "pptx", kind: "slide", parts: () => slides(archive) };
  return null;
}

function openDocumentShape(archive: Archive, mimetype: string): Shape {
  if (mimetype.includes("spreadsheet"))
    return { format: "ods", kind: "sheet", parts: () => openDocumentParts(archive, "sheet") };
  if (mimetype.includes("presentation"))
    return { format: "odp", kind: "slide", parts: () => openDocumentParts(archive, "slide") };
  return { format: "odt", kind: "text", parts: () => openDocumentParts(archive, "text") };
}

function countedAs(kind: PartKind, parts: number): OpenDocument["metadata"] {
  if (kind === "slide") return { slideCount: parts };
  return kind === "sheet" ? { sheetCount: parts } : {};
}
