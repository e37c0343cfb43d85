/** PresentationML: one part per slide in the order of the show, with its notes. */
import type { Archive } from "./archive.ts";
import type { Part } from "./document.ts";
import { relationshipId, relationshipsOf } from "./relationships.ts";
import { walkXml, xmlText } from "./xml.ts";

const SHAPE = { blocks: new Set(["p"]), within: new Set(["t"]) };

export async function slides(archive: Archive): Promise<readonly (() => Promise<Part>)[]> {
  const main = archive.names.find((name) => /^ppt\/presentation\w*\.xml$/.test(name)) ?? "ppt/presentation.xml";
  const links = new Map((await relationshipsOf(archive, main)).map((link) => [link.id, link.target]));
  const order: string[] = [];
  walkXml((await archive.text(main)) ?? "", {
    open: (name, attributes) => {
      const target = name === "sldId" ? links.get(relationshipId(attributes) ?? "") : undefined;
      if (target !== undefined) order.push(target);
    },
  });
  return order.map((name, index) => async () => {
    const notes = (await relationshipsOf(archive, name)).find((link) => link.type.endsWith("/notesSlide"));
    const texts = [xmlText((await archive.text(name)) ?? "", SHAPE)];
    if (notes !== undefined) texts.push(xmlText((await archive.text(notes.target)) ?? "", SHAPE));
    return { number: index + 1, kind: "slide", title: null, text: texts.filter((text) => text !== "").join("\n\n") };
  });
}
