/** DOCX, XLSX, PPTX, ODF and EPUB: which one an archive is, and what its property parts say. */
import { TruncatedError } from "../byte-view.ts";
import { type Finding, type MetadataDraft, quarantined, rejected } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";
import { xmlFields } from "./xml-fields.ts";
import { readDirectory, readEntry, ZipBombError, type ZipEntry } from "./zip.ts";

/** Property parts are under 10 KiB; more is not properties. */
const MAX_PART_BYTES = 512 * 1024;

type Archive = { readonly reader: RangeReader; readonly entries: Map<string, ZipEntry> };

/** Refuses bombs (`bomb`), archives without a directory (`truncated`) and those that are no document. */
export async function inspectZip(reader: RangeReader): Promise<Finding> {
  try {
    return await inspectArchive({ reader, entries: await readDirectory(reader) });
  } catch (error) {
    if (error instanceof ZipBombError) return quarantined("bomb", error.message);
    if (error instanceof TruncatedError) return rejected("truncated", error.message);
    throw error;
  }
}

async function inspectArchive(archive: Archive): Promise<Finding> {
  const mimetype = (await part(archive, "mimetype"))?.trim() ?? "";
  if (mimetype.startsWith("application/vnd.oasis.opendocument")) return openDocument(archive, mimetype);
  if (mimetype === "application/epub+zip" || archive.entries.has("META-INF/container.xml")) return epub(archive);
  const types = await part(archive, "[Content_Types].xml");
  if (types !== null) return openXml(archive, types);
  return rejected("unsupported_content", "an archive that is no document");
}

async function part({ reader, entries }: Archive, name: string): Promise<string | null> {
  const entry = entries.get(name);
  if (entry === undefined || entry.isEncrypted) return null;
  const bytes = await readEntry(reader, entry, MAX_PART_BYTES).catch((error: unknown) => {
    if (error instanceof TruncatedError) return null;
    throw error;
  });
  return bytes === null ? null : decodeXml(bytes);
}

function decodeXml(bytes: Uint8Array): string {
  const isWide = bytes[0] === 0xff || bytes[0] === 0xfe;
  return new TextDecoder(isWide ? (bytes[0] === 0xff ? "utf-16le" : "utf-16be") : "utf-8").decode(bytes);
}

const OPEN_XML_KINDS = [
  ["wordprocessingml", "docx"],
  ["spreadsheetml", "xlsx"],
  ["presentationml", "pptx"],
] as const;

async function openXml(archive: Archive, types: string): Promise<Finding> {
  const main = new Set<string>();
  xmlFields(types, new Set(), ({ attributes }) => {
    const type = attributes["ContentType"] ?? "";
    if (/\.main\+xml$|\.main$/.test(type)) main.add(type);
  });
  const [declared] = main;
  const kind = OPEN_XML_KINDS.find(
    ([word, ext]) => declared?.includes(word) === true || archive.entries.has(mainPart(ext)),
  )?.[1];
  const contentType = declared?.replace(/\.main(\+xml)?$/, "") ?? `application/x-${kind ?? "ooxml"}`;
  if (kind === undefined && !isMacroDocument(declared))
    return rejected("unsupported_content", "an Open XML package that is no document");
  const core = fields(await part(archive, "docProps/core.xml"), CORE_FIELDS);
  const app = fields(await part(archive, "docProps/app.xml"), APP_FIELDS);
  const names = [...archive.entries.keys()];
  const slides = names.filter((name) => /^ppt\/slides\/slide\d+\.xml$/.test(name)).length;
  const sheets = names.filter((name) => /^xl\/(work|chart|dialog|macro)sheets\/[^/]+\.xml$/.test(name)).length;
  const metadata: MetadataDraft = {
    ...dublinCore(core),
    keywords: core.get("keywords"),
    createdAt: core.get("created"),
    modifiedAt: core.get("modified"),
    producer: app.get("Application"),
    pageCount: whole(app.get("Pages")),
    wordCount: whole(app.get("Words")),
    characterCount: whole(app.get("Characters")),
    slideCount: slides > 0 ? slides : whole(app.get("Slides")),
    ...(sheets > 0 ? { sheetCount: sheets } : {}),
    hasMacros: names.some((name) => name.toLowerCase().endsWith("vbaproject.bin")),
    isEncrypted: false,
  };
  return { metadata, contentType };
}

function mainPart(ext: "docx" | "xlsx" | "pptx"): string {
  return { docx: "word/document.xml", xlsx: "xl/workbook.xml", pptx: "ppt/presentation.xml" }[ext];
}

/** Documents with macros declare `application/vnd.ms-word.document.macroEnabled.main+xml` and the like. */
function isMacroDocument(type: string | undefined): boolean {
  return type?.startsWith("application/vnd.ms-") === true;
}

const CORE_FIELDS = new Set([
  "title",
  "creator",
  "subject",
  "description",
  "keywords",
  "created",
  "modified",
  "language",
]);
const APP_FIELDS = new Set(["Application", "Pages", "Words", "Characters", "Slides"]);

function fields(xml: string | null, wanted: ReadonlySet<string>): Map<string, string> {
  return xml === null ? new Map() : xmlFields(xml, wanted);
}

function dublinCore(core: Map<string, string>): MetadataDraft {
  return {
    title: core.get("title"),
    author: core.get("creator"),
    subject: core.get("subject"),
    comment: core.get("description"),
    language: core.get("language"),
  };
}

function whole(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : null;
}

const ODF_FIELDS = new Set([
  "title",
  "initial-creator",
  "creator",
  "subject",
  "description",
  "keyword",
  "creation-date",
  "date",
  "generator",
  "language",
]);

async function openDocument(archive: Archive, mimetype: string): Promise<Finding> {
  const xml = await part(archive, "meta.xml");
  const manifest = (await part(archive, "META-INF/manifest.xml")) ?? "";
  const statistics: Record<string, string> = {};
  const found =
    xml === null
      ? new Map<string, string>()
      : xmlFields(xml, ODF_FIELDS, ({ name, attributes }) => {
          if (name === "document-statistic") Object.assign(statistics, attributes);
        });
  const count = (name: string): number | null => whole(statistics[`meta:${name}`]);
  const names = [...archive.entries.keys()];
  return {
    contentType: mimetype.slice(0, 255),
    metadata: {
      title: found.get("title"),
      author: found.get("initial-creator") ?? found.get("creator"),
      subject: found.get("subject"),
      comment: found.get("description"),
      keywords: found.get("keyword"),
      language: found.get("language"),
      createdAt: found.get("creation-date"),
      modifiedAt: found.get("date"),
      producer: found.get("generator"),
      pageCount: count("page-count"),
      wordCount: count("word-count"),
      characterCount: count("character-count"),
      sheetCount: count("table-count"),
      hasMacros: names.some((name) => name.startsWith("Basic/") || name.startsWith("Scripts/")),
      isEncrypted: manifest.includes("encryption-data"),
    },
  };
}

async function epub(archive: Archive): Promise<Finding> {
  let root = "";
  xmlFields((await part(archive, "META-INF/container.xml")) ?? "", new Set(), ({ name, attributes }) => {
    if (name === "rootfile" && root === "") root = attributes["full-path"] ?? "";
  });
  const opf = await part(archive, root);
  if (opf === null && !archive.entries.has("mimetype"))
    return rejected("unsupported_content", "an archive that is no document");
  const core = fields(opf, new Set(["title", "creator", "subject", "description", "language", "date", "publisher"]));
  return {
    contentType: "application/epub+zip",
    metadata: {
      ...dublinCore(core),
      createdAt: core.get("date"),
      producer: core.get("publisher"),
      hasMacros: false,
      isEncrypted: archive.entries.has("META-INF/encryption.xml") && archive.entries.has("META-INF/rights.xml"),
    },
  };
}
