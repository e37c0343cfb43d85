/** Texts of named elements out of hostile XML. Document types are refused, depth and size are bounded. */
import { SaxesParser } from "saxes";

const MAX_DEPTH = 64;
const MAX_TEXT = 8192;

class Stop extends Error {}

type XmlElement = { readonly name: string; readonly attributes: Readonly<Record<string, string>> };

/**
 * Text of every wanted element, by local name (its first occurrence), and each opened element to `onOpen`. Broken XML
 * yields what came before the break; a document type ends reading at once, for entities are how XML explodes.
 */
export function xmlFields(
  xml: string,
  wanted: ReadonlySet<string>,
  onOpen?: (element: XmlElement) => void,
): Map<string, string> {
  const fields = new Map<string, string>();
  const open: string[] = [];
  const parser = new SaxesParser();
  parser.on("doctype", () => {
    throw new Stop();
  });
  parser.on("error", () => {
    throw new Stop();
  });
  parser.on("opentag", (tag) => {
    const name = localName(tag.name);
    open.push(name);
    if (open.length > MAX_DEPTH) throw new Stop();
    onOpen?.({ name, attributes: tag.attributes });
    if (wanted.has(name) && !fields.has(name)) fields.set(name, "");
  });
  parser.on("closetag", () => {
    const name = open.pop();
    if (name !== undefined && wanted.has(name)) done.add(name);
  });
  const done = new Set<string>();
  const append = (text: string): void => {
    const name = open.at(-1);
    if (name === undefined || !wanted.has(name) || done.has(name)) return;
    const sofar = fields.get(name) ?? "";
    if (sofar.length < MAX_TEXT) fields.set(name, sofar + text.slice(0, MAX_TEXT));
  };
  parser.on("text", append);
  parser.on("cdata", append);
  try {
    parser.write(xml).close();
  } catch {
    // Stop, or an error of the parser: both end reading, and the fields so far count.
  }
  return fields;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
