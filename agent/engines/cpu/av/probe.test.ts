import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeVideo } from "../../../../local/samples/video.ts";
import { avProbePass } from "./probe.ts";
import { recordedRun } from "./testing/recorded-run.ts";
import { sine, writeWav } from "./testing/wav-file.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aima-probe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("probing", () => {
  it("reads codecs, size, rate and length of a video", async () => {
    const path = join(folder, "video.mp4");
    await makeVideo({ path, seconds: 2, width: 320, height: 180 });
    const { results } = await recordedRun(avProbePass, path, ["probe"]);

    expect(results["probe"]).toMatchObject({
      status: "succeeded",
      metadata: {
        container: "MP4",
        videoCodec: "h264",
        audioCodec: "aac",
        width: 320,
        height: 180,
        rotationDegrees: 0,
        framesPerSecond: 25,
        sampleRateHz: 48_000,
        durationSource: "container",
      },
      insights: [{ kind: "streams", data: { streamCount: 2 } }],
    });
  });

  it("reads sound and its title", async () => {
    const path = join(folder, "tone.wav");
    await writeWav(path, 44_100, [sine(44_100, 440, -20, 1.5)], "Low tide");
    const { results } = await recordedRun(avProbePass, path, ["probe"], { mediaType: "audio" });

    expect(results["probe"]).toMatchObject({
      metadata: {
        container: "WAVE",
        audioCodec: "pcm_s16le",
        channels: 1,
        sampleRateHz: 44_100,
        bitsPerSample: 16,
        isLossless: true,
        durationSeconds: 1.5,
        title: "Low tide",
      },
      insights: [{ text: "Low tide" }],
    });
  });

  it("says why a file cannot be read", async () => {
    const path = join(folder, "text.mp4");
    await writeFile(path, "This is no video.");
    const { results } = await recordedRun(avProbePass, path, ["probe"]);

    expect(results["probe"]).toMatchObject({ status: "failed", reason: { code: "unreadable" } });
  });
});
