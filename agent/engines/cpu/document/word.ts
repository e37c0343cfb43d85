/** WordprocessingML: the body, then what stands at the foot and head of pages. */
import type { Archive } from "./archive.ts";
import type { Part } from "./document.ts";
import { xmlText } from "./xml.ts";

const SHAPE = { blocks: new Set(["p"]), within: new Set(["t"]) };
const ASIDES = /^word\/(?:footnotes|endnotes|comments|header\d*|footer\d*)\.xml$/;

/** One part without a number: only a layout would tell the pages. */
export async function wordText(archive: Archive): Promise<readonly (() => Promise<Part>)[]> {
  const main = archive.names.find((name) => /^word\/document\w*\.xml$/.test(name)) ?? "word/document.xml";
  const names = [main, ...archive.names.filter((name) => ASIDES.test(name))];
  return [
    async () => {
      const texts: string[] = [];
      for (const name of names) texts.push(xmlText((await archive.text(name)) ?? "", SHAPE));
      return { number: null, kind: "text", title: null, text: texts.filter((text) => text !== "").join("\n\n") };
    },
  ];
}
