import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALL_FORMATS, FilePathSource, Input } from "mediabunny";
import { Decoder, Demuxer } from "node-av/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeVideo } from "./video.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "aima-video-"));
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** The mean luma of every frame, by FFmpeg's decoder. */
async function lumaByFrame(path: string, width: number, height: number): Promise<number[]> {
  await using demuxer = await Demuxer.open(path);
  const stream = demuxer.video();
  if (stream === undefined) throw new Error("the file has no video");
  using decoder = await Decoder.create(stream);
  const means: number[] = [];
  for await (const frame of decoder.frames(demuxer.packets(stream.index))) {
    if (frame === null) continue;
    const luma = frame.toBuffer().subarray(0, width * height);
    means.push(luma.reduce((sum, value) => sum + value, 0) / luma.length);
    frame.free();
  }
  return means;
}

describe("makeVideo", () => {
  it("writes H.264 and AAC of the asked size and length", async () => {
    const path = join(dir, "plain.mp4");
    await makeVideo({ path, seconds: 7, width: 320, height: 180 });
    using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
    const video = await input.getPrimaryVideoTrack();
    const audio = await input.getPrimaryAudioTrack();
    expect(await input.getMimeType()).toMatch(/^video\/mp4/);
    expect([video?.codec, video?.displayWidth, video?.displayHeight]).toEqual(["avc", 320, 180]);
    expect([audio?.codec, audio?.sampleRate, audio?.numberOfChannels]).toEqual(["aac", 48_000, 1]);
    expect(await video?.computeDuration()).toBeCloseTo(7, 2);
    expect(await audio?.computeDuration()).toBeCloseTo(7, 1);
  });

  it("puts a black second between two scenes of different light", async () => {
    const path = join(dir, "scenes.mp4");
    await makeVideo({ path, seconds: 5, width: 160, height: 96, scenes: 2 });
    const luma = await lumaByFrame(path, 160, 96);
    expect(luma).toHaveLength(125);
    // 125 frames less 25 black ones are two scenes of 50.
    expect(luma.map((mean) => (mean < 20 ? 1 : 0)).join("")).toBe("0".repeat(50) + "1".repeat(25) + "0".repeat(50));
    expect(Math.abs((luma[20] ?? 0) - (luma[100] ?? 0))).toBeGreaterThan(30);
  });

  it("makes one scene of a video that is too short for a black second", async () => {
    const path = join(dir, "short.mp4");
    await makeVideo({ path, seconds: 1, width: 64, height: 64 });
    const luma = await lumaByFrame(path, 64, 64);
    expect(luma).toHaveLength(25);
    expect(Math.min(...luma)).toBeGreaterThan(60);
  });

  it("makes the same bytes again", async () => {
    const [first, second] = [join(dir, "first.mp4"), join(dir, "second.mp4")];
    await makeVideo({ path: first, seconds: 2, width: 64, height: 64 });
    await makeVideo({ path: second, seconds: 2, width: 64, height: 64 });
    expect((await readFile(first)).equals(await readFile(second))).toBe(true);
  });

  it.each([
    { seconds: 1, width: 161, height: 90 },
    { seconds: 1, width: 160, height: 8 },
    { seconds: 0, width: 160, height: 90 },
    { seconds: Number.NaN, width: 160, height: 90 },
  ])("refuses $width x $height for $seconds s", async (size) => {
    await expect(makeVideo({ path: join(dir, "none.mp4"), ...size })).rejects.toThrow(RangeError);
  });
});
