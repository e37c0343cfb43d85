import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflate } from "node:zlib";
import { fileTypeFromFile } from "file-type";
import { Demuxer } from "node-av/api";
import { AV_LOG_QUIET } from "node-av/constants";
import { Log } from "node-av/lib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBroken } from "./broken.ts";
import type { BrokenFile } from "./broken.ts";

let dir = "";
let files: readonly BrokenFile[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "aima-broken-"));
  files = await makeBroken(dir);
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function bytesOf(name: BrokenFile["name"]): Promise<Buffer> {
  return await readFile(join(dir, name));
}

/** The size of what zlib unpacks, and zlib's own check of it. */
async function unpackedBytes(packed: Uint8Array): Promise<number> {
  let sizeBytes = 0;
  const count = new Writable({
    write(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      done();
    },
  });
  await pipeline([packed], createInflate({ chunkSize: 2 ** 20 }), count);
  return sizeBytes;
}

describe("makeBroken", () => {
  it("makes each file at the path it tells", () => {
    expect(files.map(({ name }) => name)).toEqual([
      "empty.mp4",
      "empty.wav",
      "truncated.mp4",
      "png-named.mp4",
      "text-as-picture.jpg",
      "bomb.pdf",
    ]);
    for (const { name, path } of files) expect(path).toBe(join(dir, name));
  });

  it("makes empty files of no bytes", async () => {
    expect([(await bytesOf("empty.mp4")).length, (await bytesOf("empty.wav")).length]).toEqual([0, 0]);
  });

  it("makes a truncated video that looks like an MP4 and cannot be opened", async () => {
    const path = join(dir, "truncated.mp4");
    expect((await fileTypeFromFile(path))?.mime).toBe("video/mp4");
    Log.setLevel(AV_LOG_QUIET); // FFmpeg tells of a broken file on stderr as well.
    await expect(Demuxer.open(path)).rejects.toThrow(/Invalid data/);
  });

  it("makes a picture and words whose names lie", async () => {
    expect((await fileTypeFromFile(join(dir, "png-named.mp4")))?.mime).toBe("image/png");
    expect(await fileTypeFromFile(join(dir, "text-as-picture.jpg"))).toBeUndefined();
  });

  it("makes a PDF under 4 MB whose page unpacks to a gibibyte", async () => {
    const file = await bytesOf("bomb.pdf");
    expect((await fileTypeFromFile(join(dir, "bomb.pdf")))?.mime).toBe("application/pdf");
    expect(file.length).toBeLessThan(4_000_000);
    const start = file.indexOf("stream\n") + "stream\n".length;
    expect(await unpackedBytes(file.subarray(start, file.lastIndexOf("\nendstream")))).toBe(1_073_741_824);
  });
});
