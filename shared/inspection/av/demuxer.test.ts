import { BufferSource, CustomSource, Input, WAVE } from "mediabunny";
import { expect, test } from "vitest";
import { RangeReader } from "../range-reader.ts";
import { WAV } from "../sample-files.ts";
import { guardedSource, withDemuxer } from "./demuxer.ts";

const reader = (): RangeReader =>
  new RangeReader({ sizeBytes: WAV.length, read: async (offset, length) => WAV.slice(offset, offset + length) });

test("the demuxer keeps under `_disposed` whether its source is gone", () => {
  const source = new CustomSource({ getSize: () => 0, read: () => new Uint8Array(0) });
  expect(Object.entries(source)).toContainEqual(["_disposed", false]);
});

test("a source that is looked at without end is gone after 20,000 looks", () => {
  const source = guardedSource(reader());
  const look = (): unknown => Reflect.get(source, "_disposed");
  for (let i = 0; i < 20_000; i += 1) look();
  expect(look()).toBe(true);
});

test("a demuxer whose source is gone refuses to read", async () => {
  const source = guardedSource(reader());
  for (let i = 0; i <= 20_000; i += 1) Reflect.get(source, "_disposed");
  expect(() => new Input({ source, formats: [WAVE] })).toThrow("disposed");
});

test("an ordinary file is read the same with the guard and without", async () => {
  const channels = async (input: Input): Promise<number | undefined> =>
    (await input.getPrimaryAudioTrack())?.getNumberOfChannels();
  const plain = new Input({ source: new BufferSource(WAV), formats: [WAVE] });
  expect(await withDemuxer(reader(), [WAVE], channels)).toBe(2);
  expect(await channels(plain)).toBe(2);
});
