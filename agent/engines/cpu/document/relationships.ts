/** The links between the parts of an OOXML package (ECMA-376 part 2). */
import { posix } from "node:path";
import type { Archive } from "./archive.ts";
import { walkXml } from "./xml.ts";

export type Relationship = { readonly id: string; readonly type: string; readonly target: string };

/** Targets are names of the archive; links to the outside are left out. */
export async function relationshipsOf(archive: Archive, part: string): Promise<Relationship[]> {
  const folder = posix.dirname(part);
  const xml = (await archive.text(posix.join(folder, "_rels", `${posix.basename(part)}.rels`))) ?? "";
  const found: Relationship[] = [];
  walkXml(xml, {
    open: (name, attributes) => {
      const { Id: id = "", Type: type = "", Target: target = "" } = attributes;
      if (name !== "Relationship" || attributes["TargetMode"] === "External") return;
      found.push({ id, type, target: target.startsWith("/") ? target.slice(1) : posix.join(folder, target) });
    },
  });
  return found;
}

/** The value of the attribute `id` of the relationships' namespace, under whatever prefix. */
export function relationshipId(attributes: Readonly<Record<string, string>>): string | null {
  const entry = Object.entries(attributes).find(([name]) => name.endsWith(":id"));
  return entry?.[1] ?? null;
}
