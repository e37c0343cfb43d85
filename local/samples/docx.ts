/** Writes small Word documents (Office Open XML, ECMA-376): the four parts that a reader needs. */
import { strToU8, zipSync } from "fflate";

/** A document: its properties, and its paragraphs, of which the first is the heading. */
export type DocxText = { readonly title: string; readonly author: string; readonly paragraphs: readonly string[] };

/** Zip has no date before 1980; a fixed one makes the same text the same bytes. */
const PART_DATE = new Date(1980, 0, 1);

const PROLOGUE = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";

/** The file of a text; the same text gives the same bytes. */
export function docxOf(text: DocxText): Uint8Array {
  return zipSync(
    {
      "[Content_Types].xml": part(contentTypes()),
      "_rels/.rels": part(relationships()),
      "docProps/core.xml": part(properties(text)),
      "word/document.xml": part(body(text)),
    },
    { level: 6, mtime: PART_DATE },
  );
}

function part(xml: string): Uint8Array {
  return strToU8(PROLOGUE + xml);
}

function contentTypes(): string {
  return `<Types xmlns="${PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml" ContentType="${WORD_TYPE}"/>
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>
</Types>`;
}

function relationships(): string {
  return `<Relationships xmlns="${PACKAGE}/relationships">
<Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="word/document.xml"/>
<Relationship Id="rId2" Type="${PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>
</Relationships>`;
}

function properties({ title, author }: DocxText): string {
  return `<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>${escaped(title)}</dc:title><dc:creator>${escaped(author)}</dc:creator>
</cp:coreProperties>`;
}

function body({ paragraphs }: DocxText): string {
  const written = paragraphs.map(
    (words, index) =>
      `<w:p><w:r>${index === 0 ? '<w:rPr><w:b/><w:sz w:val="32"/></w:rPr>' : ""}<w:t xml:space="preserve">${escaped(words)}</w:t></w:r></w:p>`,
  );
  return `<w:document xmlns:w="${WORD}"><w:body>
${written.join("\n")}
<w:sectPr/></w:body></w:document>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
