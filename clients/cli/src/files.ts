import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, Failure } from "./failure.ts";

export type LocalFile = { readonly path: string; readonly sizeBytes: number };

/** The files named, and all files below the folders named, in order. A name that does not exist is a failure. */
export async function filesAt(names: readonly string[]): Promise<LocalFile[]> {
  const found: LocalFile[] = [];
  for (const name of names) {
    const entry = await stat(name).catch(() => null);
    if (entry === null)
      throw new Failure(EXIT.failure, `There is no file ${name}.`, "Check the path; nothing was uploaded.");
    if (entry.isFile()) found.push({ path: name, sizeBytes: entry.size });
    else if (entry.isDirectory()) {
      const inside = await readdir(name, { withFileTypes: true });
      const paths = inside.filter((one) => one.isFile() || one.isDirectory()).map((one) => join(name, one.name));
      found.push(...(await filesAt(paths.sort())));
    }
  }
  return found;
}
