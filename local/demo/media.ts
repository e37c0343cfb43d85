import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { makeSamples } from "../samples/samples.ts";

export type MediaFile = {
  readonly name: string;
  readonly path: string;
  /** A search that has to find this file first; null when none is known. */
  readonly query: string | null;
};

/** The built-in samples, made on the spot. */
export async function sampleFiles(dir: string): Promise<MediaFile[]> {
  return makeSamples(dir);
}

export type Collected = { readonly files: readonly MediaFile[]; readonly missing: readonly string[] };

/** The user's files; folders with everything below them, hidden entries left out, in the order of their names. */
export async function collectFiles(paths: readonly string[]): Promise<Collected> {
  const files: MediaFile[] = [];
  const missing: string[] = [];
  const walk = async (path: string): Promise<void> => {
    const found = await stat(path).catch(() => null);
    if (found === null) missing.push(path);
    else if (found.isFile()) files.push({ name: basename(path), path, query: null });
    else if (found.isDirectory()) {
      const entries = (await readdir(path)).filter((entry) => !entry.startsWith(".")).toSorted();
      for (const entry of entries) await walk(join(path, entry));
    }
  };
  for (const path of paths) await walk(path);
  return { files, missing };
}
