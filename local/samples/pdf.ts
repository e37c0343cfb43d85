/** Writes small PDF 1.4 files with text in Helvetica, a font that every reader has. */

/** A document: ASCII text only; each page is its lines, top to bottom, and holds 45 of them. */
export type PdfText = {
  readonly title: string;
  readonly author: string;
  readonly pages: readonly (readonly string[])[];
};

/** The body of a content stream and, when it is coded, the name of its filter. */
type PdfContent = { readonly bytes: Uint8Array; readonly filter?: "FlateDecode" };

const encoder = new TextEncoder();

/** The file of a text; the same text gives the same bytes. */
export function pdfOf(text: PdfText): Uint8Array {
  const contents = text.pages.map((lines) => ({ bytes: encoder.encode(showLines(lines)) }));
  return pdfOfContents(text, contents);
}

/** The file whose pages (A4) have these content streams as they are; `/F1` is Helvetica in each. */
export function pdfOfContents(
  about: { readonly title: string; readonly author: string },
  contents: readonly PdfContent[],
): Uint8Array {
  // Objects 1 to 4 are the catalogue, the page tree, the font and the information; then page and content by turns.
  const pageNumber = (index: number): number => 5 + 2 * index;
  const kids = contents.map((_, index) => `${pageNumber(index)} 0 R`).join(" ");
  const objects: Uint8Array[] = [
    encoder.encode("<< /Type /Catalog /Pages 2 0 R >>"),
    encoder.encode(`<< /Type /Pages /Kids [${kids}] /Count ${contents.length} >>`),
    encoder.encode("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"),
    encoder.encode(`<< /Title ${literal(about.title)} /Author ${literal(about.author)} >>`),
  ];
  for (const [index, content] of contents.entries()) {
    const resources = "<< /Font << /F1 3 0 R >> >>";
    objects.push(
      encoder.encode(
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources ${resources} /Contents ${pageNumber(index) + 1} 0 R >>`,
      ),
      stream(content),
    );
  }
  return fileOf(objects);
}

function showLines(lines: readonly string[]): string {
  const shown = lines.map((line) => `${literal(line)} Tj T*`).join("\n");
  return `BT /F1 12 Tf 16 TL 60 780 Td\n${shown}\nET\n`;
}

/** A PDF string: the three characters that end or escape one are escaped. */
function literal(text: string): string {
  return `(${text.replaceAll(/[\\()]/g, String.raw`\$&`)})`;
}

function stream(content: PdfContent): Uint8Array {
  const filter = content.filter === undefined ? "" : ` /Filter /${content.filter}`;
  return Buffer.concat([
    encoder.encode(`<< /Length ${content.bytes.length}${filter} >>\nstream\n`),
    content.bytes,
    encoder.encode("\nendstream"),
  ]);
}

function fileOf(objects: readonly Uint8Array[]): Uint8Array {
  // Bytes above 127 in the second line tell transfer programs that the file is binary (PDF 1.4, 3.4.1).
  const parts: Uint8Array[] = [Uint8Array.from([...encoder.encode("%PDF-1.4\n%"), 0xe2, 0xe3, 0xcf, 0xd3, 0x0a])];
  let offset = parts.reduce((sum, part) => sum + part.length, 0);
  const entries: string[] = [];
  for (const [index, object] of objects.entries()) {
    const part = Buffer.concat([encoder.encode(`${index + 1} 0 obj\n`), object, encoder.encode("\nendobj\n")]);
    entries.push(`${String(offset).padStart(10, "0")} 00000 n \n`);
    parts.push(part);
    offset += part.length;
  }
  const size = objects.length + 1;
  parts.push(
    encoder.encode(
      `xref\n0 ${size}\n0000000000 65535 f \n${entries.join("")}trailer\n<< /Size ${size} /Root 1 0 R /Info 4 0 R >>\nstartxref\n${offset}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}
