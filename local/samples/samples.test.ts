import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import ExifReader from "exifreader";
import { unzipSync } from "fflate";
import { fileTypeFromFile } from "file-type";
import { parseFile } from "music-metadata";
import { createWorker } from "tesseract.js";
import { extractText, getMeta } from "unpdf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSamples } from "./samples.ts";
import type { Sample } from "./samples.ts";

let dir = "";
let samples: readonly Sample[] = [];
beforeAll(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "aima-samples-")), "new", "folder");
  samples = await makeSamples(dir);
});
afterAll(async () => {
  await rm(dirname(dirname(dir)), { recursive: true, force: true });
});

function pathOf(extension: string): string {
  const found = samples.find((sample) => extname(sample.name) === extension);
  if (found === undefined) throw new Error(`no sample ends in ${extension}`);
  return found.path;
}

/** The text that a reader which shares nothing with the writer finds, by the sample's extension. */
const READERS: Readonly<Record<string, (path: string) => Promise<string>>> = {
  ".jpg": recognised,
  ".pdf": async (path) => (await extractText(await bytesOf(path), { mergePages: true })).text,
  ".docx": async (path) => Buffer.from((await partsOf(path))["word/document.xml"] ?? []).toString(),
};

async function bytesOf(path: string): Promise<Uint8Array> {
  return Uint8Array.from(await readFile(path));
}

async function partsOf(path: string): Promise<Record<string, Uint8Array>> {
  return unzipSync(await bytesOf(path));
}

async function recognised(path: string): Promise<string> {
  const data = dirname(createRequire(import.meta.url).resolve("@tesseract.js-data/eng/package.json"));
  const worker = await createWorker("eng", 1, {
    langPath: join(data, "4.0.0_best_int"),
    gzip: true,
    cacheMethod: "none",
  });
  try {
    return (await worker.recognize(path)).data.text;
  } finally {
    await worker.terminate();
  }
}

describe("makeSamples", () => {
  it("makes one file of each kind, whose bytes are what its name says", async () => {
    const types = await Promise.all(samples.map(async ({ path }) => (await fileTypeFromFile(path))?.ext));
    expect(types).toEqual(["jpg", "mp4", "wav", "pdf", "docx"]);
    expect(samples.map(({ name }) => extname(name).slice(1))).toEqual(types);
  });

  it("makes the same bytes again", async () => {
    const again = await makeSamples(join(dir, "again"));
    const sameAsBefore = await Promise.all(
      again.map(async ({ name, path }) => (await readFile(path)).equals(await readFile(join(dir, name)))),
    );
    expect(sameAsBefore).toEqual([true, true, true, true, true]);
  });

  it("has every word of a query in its own sample and in no other", async () => {
    const readable = samples.filter(({ query }) => query !== null);
    const texts = new Map<string, string>();
    for (const { name, path } of readable) {
      texts.set(name, ((await READERS[extname(name)]?.(path)) ?? "").toLowerCase());
    }
    expect([...texts.keys()]).toEqual(["harbour-sign.jpg", "turbine-report.pdf", "hive-notes.docx"]);
    for (const { name, query } of readable) {
      const found = (query?.split(" ") ?? []).map((word) => ({
        word,
        in: [...texts].filter(([, text]) => text.includes(word)).map(([holder]) => holder),
      }));
      expect(found).toEqual(found.map(({ word }) => ({ word, in: [name] })));
    }
  });

  it("shows text recognition a sign whose lines it reads whole", async () => {
    expect((await recognised(pathOf(".jpg"))).trim()).toBe("KITTIWAKE HARBOUR\nFerry to Lantern Island\nPier 7");
  });

  it("gives the picture a time, a place and an author", async () => {
    const tags = ExifReader.load(await readFile(pathOf(".jpg")));
    expect([tags.DateTimeOriginal?.description, tags.Artist?.description]).toEqual([
      "2026:05:17 09:41:00",
      "AIMA samples",
    ]);
    expect([tags.GPSLatitude?.description, tags.GPSLongitude?.description]).toEqual([55.5, 3.25]);
  });

  it("gives the PDF two pages, a title and an author", async () => {
    const bytes = await bytesOf(pathOf(".pdf"));
    expect((await extractText(Uint8Array.from(bytes))).totalPages).toBe(2);
    const { info } = await getMeta(bytes);
    expect([info["Title"], info["Author"]]).toEqual(["Tidal turbine inspection", "Marit Solberg"]);
  });

  it("gives the Word document a title, an author and text with its signs kept", async () => {
    const parts = await partsOf(pathOf(".docx"));
    const properties = Buffer.from(parts["docProps/core.xml"] ?? []).toString();
    expect(properties).toContain("<dc:title>Beekeeping notes from the orchard</dc:title>");
    expect(properties).toContain("<dc:creator>Tomas Adeyemi</dc:creator>");
    expect(Buffer.from(parts["word/document.xml"] ?? []).toString()).toContain("Honey &amp; wax");
  });

  it("makes eight seconds of sound that pauses from second three to five", async () => {
    const { format } = await parseFile(pathOf(".wav"));
    expect([format.duration, format.sampleRate, format.numberOfChannels, format.bitsPerSample]).toEqual([
      8, 16_000, 1, 16,
    ]);
    const file = await readFile(pathOf(".wav"));
    const loudestOfSecond = Array.from({ length: 8 }, (_, second) => {
      let loudest = 0;
      for (let at = second * 16_000; at < (second + 1) * 16_000; at += 1) {
        loudest = Math.max(loudest, Math.abs(file.readInt16LE(44 + at * 2)));
      }
      return loudest;
    });
    expect(loudestOfSecond.map((loudest) => (loudest > 3000 ? "sound" : loudest === 0 ? "still" : "faint"))).toEqual([
      "sound",
      "sound",
      "sound",
      "still",
      "still",
      "sound",
      "sound",
      "sound",
    ]);
  });
});
