/** Files that are not what they say or not all there, for tests of what refuses them. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pdfBomb } from "./pdf-bomb.ts";
import { signPng } from "./picture.ts";
import { makeVideo } from "./video.ts";

/** What is wrong with each file, by its name. */
const BROKEN_FILES = {
  "empty.mp4": "no bytes, called a video",
  "empty.wav": "no bytes, called a sound",
  "truncated.mp4": "the first half of a video, without the index at its end",
  "png-named.mp4": "a PNG, called a video",
  "text-as-picture.jpg": "plain text, called a picture",
  "bomb.pdf": "three megabytes whose page unpacks to a gibibyte",
} as const;

/** A made file of a wrong kind. */
export type BrokenFile = { readonly name: keyof typeof BROKEN_FILES; readonly path: string };

/** Makes every broken file in `dir`, which is created when absent; files of the same names are replaced. */
export async function makeBroken(dir: string): Promise<BrokenFile[]> {
  await mkdir(dir, { recursive: true });
  const contents: Record<keyof typeof BROKEN_FILES, Uint8Array | string> = {
    "empty.mp4": "",
    "empty.wav": "",
    "truncated.mp4": await halfVideo(join(dir, "truncated.mp4")),
    "png-named.mp4": await signPng(),
    "text-as-picture.jpg": "These words are no picture, whatever the name and the content type say.\n",
    "bomb.pdf": pdfBomb(),
  };
  const files: BrokenFile[] = [];
  for (const name of Object.keys(contents) as (keyof typeof contents)[]) {
    const path = join(dir, name);
    await writeFile(path, contents[name]);
    files.push({ name, path });
  }
  return files;
}

async function halfVideo(path: string): Promise<Uint8Array> {
  await makeVideo({ path, seconds: 4, width: 160, height: 90 });
  const whole = await readFile(path);
  return whole.subarray(0, whole.length / 2);
}
