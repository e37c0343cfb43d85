/** EPUB: one part per document of the spine, in reading order. */
import { posix } from "node:path";
import type { Archive } from "./archive.ts";
import type { Part } from "./document.ts";
import { walkXml, xmlText } from "./xml.ts";

const SHAPE = {
  blocks: new Set([
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "tr",
    "td",
    "th",
    "blockquote",
    "pre",
    "dt",
    "dd",
    "section",
  ]),
  without: new Set(["head", "script", "style"]),
};

export async function epubChapters(archive: Archive): Promise<readonly (() => Promise<Part>)[]> {
  const packageName = await packagePath(archive);
  const folder = posix.dirname(packageName);
  const hrefs = new Map<string, string>();
  const spine: string[] = [];
  walkXml((await archive.text(packageName)) ?? "", {
    open: (name, attributes) => {
      if (name === "item") hrefs.set(attributes["id"] ?? "", attributes["href"] ?? "");
      if (name === "itemref") spine.push(attributes["idref"] ?? "");
    },
  });
  const names = spine.flatMap((id) => {
    const href = hrefs.get(id);
    return href === undefined ? [] : [posix.join(folder, decoded(href))];
  });
  return names.map((name, index) => async () => {
    const xml = (await archive.text(name)) ?? "";
    return { number: index + 1, kind: "chapter", title: headingOf(xml), text: xmlText(xml, SHAPE) };
  });
}

async function packagePath(archive: Archive): Promise<string> {
  let path = archive.names.find((name) => name.endsWith(".opf")) ?? "content.opf";
  walkXml((await archive.text("META-INF/container.xml")) ?? "", {
    open: (name, attributes) => {
      if (name === "rootfile") path = attributes["full-path"] ?? path;
    },
  });
  return path;
}

function headingOf(xml: string): string | null {
  let depth = 0;
  let heading = "";
  let found = false;
  walkXml(xml, {
    open: (name) => {
      if (!found && /^h[1-3]$/.test(name)) depth += 1;
    },
    close: (name) => {
      if (depth === 0 || !/^h[1-3]$/.test(name)) return;
      depth -= 1;
      found = heading.trim() !== "";
    },
    text: (text) => {
      if (depth > 0) heading += text;
    },
  });
  const title = heading.replaceAll(/\s+/g, " ").trim().slice(0, 300);
  return title === "" ? null : title;
}

function decoded(href: string): string {
  const [path = ""] = href.split("#");
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // A stray percent sign: the name is meant as it stands.
  }
}
