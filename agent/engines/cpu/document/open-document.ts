/** OpenDocument (ISO/IEC 26300): text, sheets or slides of `content.xml`. */
import type { Archive } from "./archive.ts";
import type { Part } from "./document.ts";
import { tidy, walkXml } from "./xml.ts";

type Found = { title: string | null; readonly pieces: string[] };

const BREAKS: ReadonlyMap<string, string> = new Map([
  ["tab", "\t"],
  ["s", " "],
  ["line-break", "\n"],
]);

/** What begins a part, and which attribute names it. */
const BEGINS = {
  sheet: { element: "table", attribute: "table:name" },
  slide: { element: "page", attribute: "draw:name" },
  text: { element: "text", attribute: "" },
} as const;

export async function openDocumentParts(
  archive: Archive,
  kind: "text" | "sheet" | "slide",
): Promise<readonly (() => Promise<Part>)[]> {
  const found = read((await archive.text("content.xml")) ?? "", kind);
  return found.map(({ title, pieces }, index) => async () => ({
    number: kind === "text" ? null : index + 1,
    kind,
    title,
    text: tidy(pieces.join("")),
  }));
}

function read(xml: string, kind: "text" | "sheet" | "slide"): Found[] {
  const found: Found[] = [];
  const begins = BEGINS[kind];
  let depth = 0;
  let inBody = false;
  let paragraphs = 0;
  walkXml(xml, {
    open: (name, attributes) => {
      if (name === "body") inBody = true;
      if (inBody && name === begins.element) {
        depth += 1;
        if (depth === 1) found.push({ title: attributes[begins.attribute] ?? null, pieces: [] });
      }
      if (name === "p" || name === "h") paragraphs += 1;
      const blank = BREAKS.get(name);
      if (blank !== undefined && paragraphs > 0) found.at(-1)?.pieces.push(blank);
    },
    close: (name) => {
      if (inBody && name === begins.element) depth -= 1;
      if (name === "p" || name === "h") {
        paragraphs -= 1;
        found.at(-1)?.pieces.push(kind === "sheet" ? "\t" : "\n");
      }
      if (name === "table-row") found.at(-1)?.pieces.push("\n");
    },
    text: (text) => {
      if (depth > 0 && paragraphs > 0) found.at(-1)?.pieces.push(text);
    },
  });
  return found;
}
