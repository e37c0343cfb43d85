import { describe, expect, it } from "vitest";
import { sine } from "../testing/wav-file.ts";
import { channelWeights } from "./channel-weights.ts";
import { integratedLufs, loudnessRangeLu } from "./loudness-histogram.ts";
import { closedRuns } from "./runs.ts";
import { meterSamples, newSoundMeter, type SoundMeter } from "./sound-meter.ts";

const RATE = 48_000;

function measured(...parts: readonly (readonly [dbfs: number, seconds: number])[]): SoundMeter {
  const meter = newSoundMeter(RATE, [1, 1], 0);
  for (const [dbfs, seconds] of parts) {
    const tone = sine(RATE, 1000, dbfs, seconds);
    meterSamples(meter, [tone, tone]);
  }
  return meter;
}

/** The cases of EBU Tech 3341 and 3342 that are plain tones: stereo, 1 kHz. */
describe("loudness", () => {
  it.each([
    [-23, -23],
    [-33, -33],
  ])("of a tone at %d dBFS is %d LUFS (EBU Tech 3341, cases 1 and 2)", (dbfs, lufs) => {
    expect(integratedLufs(measured([dbfs, 20]).momentary)).toBeCloseTo(lufs, 1);
  });

  it("leaves out what the relative gate shuts out (EBU Tech 3341, case 3)", () => {
    const meter = measured([-36, 10], [-23, 60], [-36, 10]);

    expect(Math.abs((integratedLufs(meter.momentary) ?? 0) + 23)).toBeLessThan(0.1);
  });

  it("leaves out what the absolute gate shuts out (EBU Tech 3341, case 4)", () => {
    const meter = measured([-72, 10], [-36, 10], [-23, 60], [-36, 10], [-72, 10]);

    expect(Math.abs((integratedLufs(meter.momentary) ?? 0) + 23)).toBeLessThan(0.1);
  });

  it.each([
    [-20, -30, 10],
    [-20, -15, 5],
    [-40, -20, 20],
  ])("range of %d and %d dBFS is %d LU (EBU Tech 3342, cases 1 to 3)", (first, second, range) => {
    const meter = measured([first, 20], [second, 20]);

    expect(Math.abs((loudnessRangeLu(meter.shortTerm) ?? 0) - range)).toBeLessThan(1);
  });

  it("of silence is null", () => {
    expect(integratedLufs(measured([-120, 5]).momentary)).toBeNull();
  });

  it("counts surround channels 1.41 times and the bass channel not at all", () => {
    expect(channelWeights(6, 0x3fn)).toEqual([1, 1, 1, 0, 1.41, 1.41]);
    expect(channelWeights(2, 0x3n)).toEqual([1, 1]);
    expect(channelWeights(1, 0n)).toEqual([1]);
  });
});

describe("the meter", () => {
  it("finds the peak between samples (EBU Tech 3341, case 16: a quarter of the rate, at 45 degrees)", () => {
    const meter = newSoundMeter(RATE, [1], 0);
    meterSamples(meter, [sine(RATE, RATE / 4, -6, 1, Math.PI / 4)]);

    expect(20 * Math.log10(meter.channels[0]?.samplePeak ?? 0)).toBeCloseTo(-9.01, 1);
    const peak = 20 * Math.log10(meter.channels[0]?.truePeak ?? 0);
    expect(peak).toBeGreaterThan(-6.4);
    expect(peak).toBeLessThan(-5.8);
  });

  it("tells where it is silent, to a twentieth of a second", () => {
    expect(closedRuns(measured([-20, 2], [-90, 1.5], [-20, 1]).quiet, 500)).toEqual([[2000, 3500]]);
  });

  it("ends the same however the samples are cut and however often it is stored", () => {
    const tone = sine(RATE, 777, -18, 2);
    const whole = newSoundMeter(RATE, [1], 0);
    meterSamples(whole, [tone]);
    let cut = newSoundMeter(RATE, [1], 0);
    for (let from = 0; from < tone.length; from += 1013) {
      meterSamples(cut, [tone.subarray(from, from + 1013)]);
      cut = JSON.parse(JSON.stringify(cut)) as SoundMeter;
    }

    expect(cut).toEqual(whole);
  });

  it("stays small over ten hours", () => {
    const meter = newSoundMeter(100, [1], 0);
    const noise = Float32Array.from({ length: 100 * 3600 }, (_, i) => Math.sin(i * i) * (((i >> 12) % 9) / 9));
    for (let hour = 0; hour < 10; hour += 1) meterSamples(meter, [noise]);

    expect(JSON.stringify(meter).length).toBeLessThan(120_000);
  });
});
