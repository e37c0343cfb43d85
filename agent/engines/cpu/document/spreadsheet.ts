/** SpreadsheetML: one part per sheet in the order of the workbook; cells by tabs, rows by lines. */
import type { Archive } from "./archive.ts";
import type { Part } from "./document.ts";
import { relationshipId, relationshipsOf } from "./relationships.ts";
import { tidy, walkXml } from "./xml.ts";

type Sheet = { readonly title: string; readonly target: string };

export async function sheets(archive: Archive): Promise<readonly (() => Promise<Part>)[]> {
  const main = archive.names.find((name) => /^xl\/workbook\w*\.xml$/.test(name)) ?? "xl/workbook.xml";
  const links = await relationshipsOf(archive, main);
  const targets = new Map(links.map((link) => [link.id, link.target]));
  const found: Sheet[] = [];
  walkXml((await archive.text(main)) ?? "", {
    open: (name, attributes) => {
      const target = name === "sheet" ? targets.get(relationshipId(attributes) ?? "") : undefined;
      if (target !== undefined) found.push({ title: attributes["name"] ?? "", target });
    },
  });
  const strings = links.find((link) => link.type.endsWith("/sharedStrings"))?.target ?? "xl/sharedStrings.xml";
  let shared: readonly string[] | null = null;
  return found.map(({ title, target }, index) => async () => {
    shared ??= sharedStrings((await archive.text(strings)) ?? "");
    const text = cells((await archive.text(target)) ?? "", shared);
    return { number: index + 1, kind: "sheet", title, text };
  });
}

/** Phonetic readings (`rPh`) repeat what is written. */
function sharedStrings(xml: string): string[] {
  const strings: string[] = [];
  let current = "";
  let reading = 0;
  let inText = false;
  walkXml(xml, {
    open: (name) => {
      if (name === "si") current = "";
      if (name === "rPh") reading += 1;
      inText = name === "t";
    },
    close: (name) => {
      if (name === "si") strings.push(current);
      if (name === "rPh") reading -= 1;
      inText = false;
    },
    text: (text) => {
      if (inText && reading === 0) current += text;
    },
  });
  return strings;
}

/** Values as they are stored: a date is its number, a formula its last result. */
function cells(xml: string, shared: readonly string[]): string {
  const pieces: string[] = [];
  let type = "";
  let value = "";
  let taking = false;
  walkXml(xml, {
    open: (name, attributes) => {
      if (name === "c") {
        type = attributes["t"] ?? "n";
        value = "";
      }
      taking = name === "v" || name === "t";
    },
    close: (name) => {
      taking = false;
      if (name === "row") pieces.push("\n");
      if (name === "c" && value !== "") pieces.push(type === "s" ? (shared[Number(value)] ?? "") : value, "\t");
    },
    text: (text) => {
      if (taking) value += text;
    },
  });
  return tidy(pieces.join(""));
}
