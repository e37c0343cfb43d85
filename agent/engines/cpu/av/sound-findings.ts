/** What was heard, as insights. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Operation } from "../../../../shared/contracts/operations.ts";
import type { ProducedInsight, StepOutcome } from "../../../engine.ts";
import { finding, rounded } from "../finding.ts";
import { columnsOf } from "./core/envelope.ts";
import { integratedLufs, loudnessRangeLu, lufsOf } from "./core/loudness-histogram.ts";
import { closedRuns } from "./core/runs.ts";
import { LEAST_QUIET_MS, QUIET_DBFS, type SoundMeter } from "./core/sound-meter.ts";
import type { Followed } from "./follow-media.ts";
import type { AudioState } from "./saved-state.ts";
import { drawWaveform, WAVEFORM_HEIGHT, WAVEFORM_WIDTH } from "./waveform-drawing.ts";

/** The operations that need nothing but the sound. */
export const SOUND_OPERATIONS = ["loudness", "silence", "waveform"] as const satisfies readonly Operation[];
export type SoundOperation = (typeof SOUND_OPERATIONS)[number];

export function isSoundOperation(operation: Operation): operation is SoundOperation {
  return SOUND_OPERATIONS.some((each) => each === operation);
}

/** Reasons of a track that are no fault of the file: what it does not have cannot be analysed. */
const TRUTHFUL_SKIPS = new Set(["no_audio_track", "no_video_track", "no_decoder"]);

/** The outcome of a step whose track could not be followed. */
export function withoutTrack({ reason }: Followed<unknown> & { ok: false }): StepOutcome {
  return { status: TRUTHFUL_SKIPS.has(reason.code) ? "skipped" : "failed", reason };
}

/** The outcome of one sound operation; files go to `scratchDir`. */
export async function soundOutcome(
  operation: SoundOperation,
  audio: Followed<AudioState>,
  scratchDir: string,
): Promise<StepOutcome> {
  if (!audio.ok) return withoutTrack(audio);
  const { meter, frames, decodeErrors } = audio.state;
  if (meter === null || meter.samples === 0) {
    const detail = `No sound could be decoded: ${frames} frames, ${decodeErrors} errors.`;
    return { status: "failed", reason: { code: "undecodable", detail } };
  }
  switch (operation) {
    case "loudness":
      return succeeded([loudnessFinding(meter, audio.state)]);
    case "silence":
      return succeeded(silenceFindings(meter));
    case "waveform":
      return succeeded([await waveformFinding(meter, scratchDir)]);
  }
}

function succeeded(insights: readonly ProducedInsight[]): StepOutcome {
  return { status: "succeeded", insights };
}

function loudnessFinding(meter: SoundMeter, { lostFrames, decodeErrors }: AudioState): ProducedInsight {
  const samplePeak = Math.max(...meter.channels.map((channel) => channel.samplePeak));
  const truePeak = Math.max(samplePeak, ...meter.channels.map((channel) => channel.truePeak));
  return finding("ebu-r128", {
    kind: "loudness",
    data: {
      integratedLufs: level(integratedLufs(meter.momentary)),
      loudnessRangeLu: level(loudnessRangeLu(meter.shortTerm)),
      maxMomentaryLufs: level(lufsOf(meter.maxMomentary)),
      maxShortTermLufs: level(lufsOf(meter.maxShortTerm)),
      truePeakDbtp: level(20 * Math.log10(truePeak)),
      samplePeakDbfs: level(20 * Math.log10(samplePeak)),
      channels: meter.channels.length,
      sampleRateHz: meter.sampleRateHz,
      measuredMs: Math.round((meter.samples * 1000) / meter.sampleRateHz),
      lostFrames,
      decodeErrors,
    },
  });
}

/** To a hundredth of a decibel; null for silence. */
function level(decibels: number | null): number | null {
  return decibels === null || !Number.isFinite(decibels) ? null : rounded(decibels, 2);
}

function silenceFindings({ quiet }: SoundMeter): ProducedInsight[] {
  const runs = closedRuns(quiet, LEAST_QUIET_MS);
  const rule = { belowDbfs: QUIET_DBFS, leastMs: LEAST_QUIET_MS };
  if (runs.length === 0) return [finding("silence-rms-v1", { kind: "silence", data: { runs: 0, ...rule } })];
  return runs.map(([startMs, endMs], index) => {
    const timeRange = { startMs: Math.round(startMs), endMs: Math.round(endMs) };
    const data = { index, runs: runs.length, durationMs: timeRange.endMs - timeRange.startMs, ...rule };
    return finding("silence-rms-v1", { kind: "silence", data }, { timeRange });
  });
}

async function waveformFinding(meter: SoundMeter, scratchDir: string): Promise<ProducedInsight> {
  const png = await drawWaveform(columnsOf(meter.envelope, WAVEFORM_WIDTH));
  const file = { name: "waveform.png", path: join(scratchDir, "waveform.png"), contentType: "image/png" };
  await writeFile(file.path, png);
  const durationMs = Math.round((meter.samples * 1000) / meter.sampleRateHz);
  const data = { width: WAVEFORM_WIDTH, height: WAVEFORM_HEIGHT, durationMs };
  return finding("waveform-v1", { kind: "waveform", data }, { file });
}
