import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeVideo } from "../../../../local/samples/video.ts";
import { recordedRun } from "./testing/recorded-run.ts";
import { sine, writeWav } from "./testing/wav-file.ts";
import { timelinePass } from "./timeline.ts";

let folder = "";
let video = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aima-timeline-"));
  video = join(folder, "video.mp4");
  await makeVideo({ path: video, seconds: 12, width: 320, height: 180, scenes: 2 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const kinds = (run: Awaited<ReturnType<typeof recordedRun>>, step: string): unknown[] => {
  const outcome = run.results[step];
  return outcome?.status === "succeeded" ? outcome.insights.map((insight) => insight.kind) : [outcome];
};

describe("the timeline of a video", () => {
  it("finds scenes, the black and silent second between them, and makes pictures", async () => {
    const run = await recordedRun(timelinePass, video, timelinePass.operations);

    expect(new Set(kinds(run, "shots"))).toEqual(new Set(["shot"]));
    expect(kinds(run, "shots").length).toBeGreaterThanOrEqual(2);
    expect(kinds(run, "keyframes")).toHaveLength(kinds(run, "shots").length);
    expect(kinds(run, "embed")).toHaveLength(kinds(run, "shots").length);
    const black = run.results["black-frames"];
    const range = black?.status === "succeeded" ? black.insights[0]?.timeRange : null;
    expect((range?.endMs ?? 0) - (range?.startMs ?? 0)).toBe(1000);
    expect(kinds(run, "loudness")).toEqual(["loudness"]);
    expect(kinds(run, "silence")).toEqual(["silence"]);
    const sizes = await Promise.all(
      ["thumbnail.jpg", "waveform.png"].map((name) => sharp(join(run.scratchDir, name)).metadata()),
    );
    expect(sizes.map(({ width, height }) => [width, height])).toEqual([
      [320, 180],
      [600, 200],
    ]);
    expect(Object.keys(run.files)).toContain("storyboard.jpg");
  });

  it("ends the same when the machine goes away after any segment", async () => {
    const parameters = { shots: { segmentSeconds: 3 } };
    const whole = await recordedRun(timelinePass, video, timelinePass.operations, { parameters });
    expect(whole.saved.map(({ nextSegment }) => nextSegment)).toEqual([1, 2, 3, 4]);

    for (const stopAfter of [1, 2, 3, 4]) {
      const stopped = await recordedRun(timelinePass, video, timelinePass.operations, { parameters, stopAfter });
      expect(stopped.results).toEqual({});
      const savedState = stopped.saved.at(-1)?.state;
      const resumed = await recordedRun(timelinePass, video, timelinePass.operations, { parameters, savedState });

      expect(resumed.segments[0]).toBe(stopAfter);
      expect(resumed.results).toEqual(whole.results);
      expect(resumed.files).toEqual(whole.files);
    }
  });

  it("begins anew where the saved state is of another kind", async () => {
    const run = await recordedRun(timelinePass, video, ["shots"], { savedState: { version: 0 } });

    expect(run.segments[0]).toBe(0);
    expect(run.results["shots"]?.status).toBe("succeeded");
  });

  it("analyses what there is of a file that was cut off, or says why not", async () => {
    const bytes = await readFile(video);
    const cut = join(folder, "cut.mp4");
    await writeFile(cut, bytes.subarray(0, Math.floor(bytes.length / 2)));
    const run = await recordedRun(timelinePass, cut, ["shots", "loudness"]);

    expect(Object.values(run.results).map((outcome) => outcome.status)).toEqual(["failed", "failed"]);
    expect(run.results["shots"]).toMatchObject({ reason: { code: "unreadable" } });
  });

  it("goes on past damage in the middle", async () => {
    const bytes = await readFile(video);
    const damaged = join(folder, "damaged.mp4");
    bytes.fill(0x5a, Math.floor(bytes.length * 0.4), Math.floor(bytes.length * 0.45));
    await writeFile(damaged, bytes);
    const run = await recordedRun(timelinePass, damaged, timelinePass.operations);

    expect(new Set(Object.values(run.results).map((outcome) => outcome.status))).toEqual(new Set(["succeeded"]));
  });

  it("skips pictures with the reason where the file has only sound", async () => {
    const path = join(folder, "tone.wav");
    await writeWav(path, 8000, [sine(8000, 440, -20, 1)]);
    const run = await recordedRun(timelinePass, path, ["shots", "loudness"]);

    expect(run.results["shots"]).toMatchObject({ status: "skipped", reason: { code: "no_video_track" } });
    expect(run.results["loudness"]?.status).toBe("succeeded");
  });

  it("fails with a reason on what is no medium, an empty file and a playlist that names other files", async () => {
    for (const text of [
      "no medium at all",
      "",
      `#EXTM3U\n#EXTINF:10,\n${video}\n`,
      `ffconcat version 1.0\nfile ${video}\n`,
    ]) {
      const path = join(folder, "text.m3u8");
      await writeFile(path, text);
      const run = await recordedRun(timelinePass, path, ["keyframes"]);

      expect(run.results["keyframes"]).toMatchObject({ status: "failed", reason: { code: "unreadable" } });
    }
  });
});
