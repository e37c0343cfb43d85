/** Which licences the lock file brings: run by `npm run check`, which fails on one that nobody has looked at. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** Permissive, or copyleft that ends at the library's own files or its own binary (MPL, LGPL). */
const ACCEPTED = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "ISC",
  "LGPL-3.0-or-later",
  "MIT",
  "MPL-2.0",
  "OFL-1.1",
  "Python-2.0",
  "Unlicense",
]);

/** Packages that name their licence in a file only. */
const LOOKED_UP: Readonly<Record<string, string>> = { "@shinyoshiaki/jspack": "BSD-3-Clause" };

const Lock = z.object({
  packages: z.record(z.string(), z.object({ license: z.string().optional(), link: z.boolean().optional() })),
});

export type Licences = { readonly counts: ReadonlyMap<string, number>; readonly unknown: readonly string[] };

export function readLicences(root: string): Licences {
  const { packages } = Lock.parse(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  const counts = new Map<string, number>();
  const unknown: string[] = [];
  for (const [path, { license, link = false }] of Object.entries(packages)) {
    const name = path.split("node_modules/").at(-1) ?? path;
    if (!path.includes("node_modules/") || link) continue;
    const expression = license ?? LOOKED_UP[name] ?? "none";
    counts.set(expression, (counts.get(expression) ?? 0) + 1);
    const parts = expression.replaceAll(/[()]/g, "").split(/ (?:AND|OR) /);
    if (!parts.every((part) => ACCEPTED.has(part))) unknown.push(`${name}: ${expression}`);
  }
  return { counts, unknown };
}
