/** Walks XML, also XML that is not quite well-formed; entities of its own are never expanded. */
import { SaxesParser } from "saxes";

export type XmlHandlers = {
  /** `name` is without its prefix; attributes keep theirs. */
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void;
  readonly close?: (name: string) => void;
  readonly text?: (text: string) => void;
};

/** Entities that XHTML has and XML does not, as far as they stand for ordinary text. */
const XHTML_ENTITIES = {
  nbsp: " ",
  shy: "",
  ndash: "–",
  mdash: "—",
  hellip: "…",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
  laquo: "«",
  raquo: "»",
  copy: "©",
  reg: "®",
  eacute: "é",
  egrave: "è",
  agrave: "à",
  ccedil: "ç",
  auml: "ä",
  ouml: "ö",
  uuml: "ü",
  Auml: "Ä",
  Ouml: "Ö",
  Uuml: "Ü",
  szlig: "ß",
  ntilde: "ñ",
};

const PIECE_CHARS = 64 * 1024;

/** Errors of form are passed over: what can be read before and after them is read. */
export function walkXml(xml: string, { open, close, text }: XmlHandlers): void {
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  Object.assign(parser.ENTITIES, XHTML_ENTITIES);
  parser.on("error", () => undefined);
  parser.on("opentag", (tag) => open?.(localName(tag.name), tag.attributes));
  parser.on("closetag", (tag) => close?.(localName(tag.name)));
  parser.on("text", (found) => text?.(found));
  parser.on("cdata", (found) => text?.(found));
  for (let at = 0; at < xml.length; at += PIECE_CHARS) parser.write(xml.slice(at, at + PIECE_CHARS));
  parser.close();
}

/** The text of an XML in which `blocks` end a line; `within` limits it to the content of those elements. */
export function xmlText(
  xml: string,
  shape: {
    readonly blocks: ReadonlySet<string>;
    readonly within?: ReadonlySet<string>;
    readonly without?: ReadonlySet<string>;
  },
): string {
  const pieces: string[] = [];
  let inside = shape.within === undefined ? 1 : 0;
  let muted = 0;
  walkXml(xml, {
    open: (name) => {
      if (shape.within?.has(name) === true) inside += 1;
      if (shape.without?.has(name) === true) muted += 1;
      if (SPACES.has(name)) pieces.push(SPACES.get(name) ?? "");
    },
    close: (name) => {
      if (shape.within?.has(name) === true) inside -= 1;
      if (shape.without?.has(name) === true) muted -= 1;
      if (shape.blocks.has(name)) pieces.push("\n");
    },
    text: (found) => {
      if (inside > 0 && muted <= 0) pieces.push(found);
    },
  });
  return tidy(pieces.join(""));
}

/** Elements that stand for white space in WordprocessingML, DrawingML, ODF and XHTML. */
const SPACES: ReadonlyMap<string, string> = new Map([
  ["tab", "\t"],
  ["br", "\n"],
  ["cr", "\n"],
  ["s", " "],
  ["line-break", "\n"],
]);

/** Without blanks at the ends of lines and without more than one empty line. */
export function tidy(text: string): string {
  return text
    .replaceAll(/[^\S\n\t]+/g, " ")
    .replaceAll(/[ \t]+\n/g, "\n")
    .replaceAll(/\n\s*\n+/g, "\n\n")
    .trim();
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
