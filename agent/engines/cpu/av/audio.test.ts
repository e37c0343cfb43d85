import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audioPass } from "./audio.ts";
import { recordedRun } from "./testing/recorded-run.ts";
import { sine, writeWav } from "./testing/wav-file.ts";

let folder = "";
let tone = "";
const mediaType = "audio";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aima-audio-"));
  tone = join(folder, "tone.wav");
  const plane = new Float32Array(8000 * 130);
  plane.set(sine(8000, 440, -20, 50));
  plane.set(sine(8000, 300, -12, 75), 8000 * 55);
  await writeWav(tone, 8000, [plane, plane], "Harbour at Dawn");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the audio pass", () => {
  it("measures loudness, finds the silence, draws the waveform and reads the title", async () => {
    const run = await recordedRun(audioPass, tone, audioPass.operations, { mediaType });

    expect(run.results["loudness"]).toMatchObject({
      insights: [{ kind: "loudness", data: { channels: 2, sampleRateHz: 8000, measuredMs: 130_000 } }],
    });
    expect(run.results["silence"]).toMatchObject({ insights: [{ timeRange: { startMs: 50_000, endMs: 55_000 } }] });
    expect(run.results["waveform"]).toMatchObject({ insights: [{ file: { name: "waveform.png" } }] });
    expect(run.results["embed"]).toMatchObject({ insights: [{ text: "Harbour at Dawn" }] });
    expect(run.results["thumbnail"]).toMatchObject({ status: "skipped", reason: { code: "no_picture" } });
  });

  it("ends the same when the machine goes away after any segment", async () => {
    const operations = ["loudness", "silence", "waveform"] as const;
    const whole = await recordedRun(audioPass, tone, operations, { mediaType });
    expect(whole.saved.map(({ nextSegment }) => nextSegment)).toEqual([1, 2, 3]);

    for (const { state: savedState } of whole.saved) {
      const resumed = await recordedRun(audioPass, tone, operations, { mediaType, savedState });

      expect(resumed.results).toEqual(whole.results);
      expect(resumed.files).toEqual(whole.files);
    }
  });

  it("finds nothing in a file that cannot be heard, not even by its name", async () => {
    const path = join(folder, "noise.mp3");
    await writeFile(path, Buffer.alloc(4000, "no sound here "));
    const run = await recordedRun(audioPass, path, ["embed", "loudness"], { mediaType });

    expect(run.results["loudness"]).toMatchObject({ status: "failed" });
    expect(run.results["embed"]).toMatchObject({ status: "skipped", reason: { code: "no_text" } });
  });

  it("gives silence a loudness of null and one run", async () => {
    const path = join(folder, "silence.wav");
    await writeWav(path, 8000, [new Float32Array(8000)]);
    const run = await recordedRun(audioPass, path, ["loudness", "silence", "embed"], { mediaType });

    expect(run.results["loudness"]).toMatchObject({
      insights: [{ data: { integratedLufs: null, truePeakDbtp: null } }],
    });
    expect(run.results["silence"]).toMatchObject({ insights: [{ timeRange: { startMs: 0, endMs: 1000 } }] });
    expect(run.results["embed"]).toMatchObject({ insights: [{ text: "input", data: { from: "name" } }] });
  });
});
