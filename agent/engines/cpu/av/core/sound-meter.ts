/**
 * Measures sound as it comes: loudness blocks, peaks, quiet stretches, envelope. Pure: all that it knows is in the
 * meter, which is JSON and which it changes. However the samples are cut into pieces, the meter ends the same.
 */
import { emptyEnvelope, type Envelope, extendEnvelope } from "./envelope.ts";
import { addWeightedEnergy, FILTER_MEMORY, kWeighting } from "./k-weighting.ts";
import { countBlock, type LoudnessHistogram } from "./loudness-histogram.ts";
import { extendRuns, NO_RUNS, type Runs } from "./runs.ts";
import { PEAK_MEMORY, truePeakOf } from "./true-peak.ts";

/** PERSISTED CONTRACT: part of saved states. */
export type SoundMeter = {
  readonly sampleRateHz: number;
  /** Weight of each channel in loudness. */
  readonly weights: readonly number[];
  /** When the first sample sounded, on the media's own timeline; moves when the medium has a gap. */
  originMs: number;
  samples: number;
  channels: ChannelMeter[];
  /** Weighted mean squares of the last half-steps and steps, newest last. */
  halfStep: number | null;
  steps: number[];
  momentary: LoudnessHistogram;
  shortTerm: LoudnessHistogram;
  maxMomentary: number;
  maxShortTerm: number;
  quiet: Runs;
  envelope: Envelope;
};

/** Energy and peak are of the hop that is being filled; `samplePeak` and `truePeak` of everything. */
type ChannelMeter = {
  filter: number[];
  past: number[];
  weightedEnergy: number;
  energy: number;
  peak: number;
  samplePeak: number;
  truePeak: number;
};

/** A hop is the resolution of silence and waveform; two of them are the step of BS.1770's overlapping blocks. */
const HOPS_PER_SECOND = 20;
const STEPS_OF_MOMENTARY = 4;
const STEPS_OF_SHORT_TERM = 30;
/** Over this rate the samples are so dense that nothing hides between them. */
const TRUE_PEAK_BELOW_HZ = 176_400;

/** RMS under which sound counts as silence. */
export const QUIET_DBFS = -50;
/** Shorter pauses are part of speech. */
export const LEAST_QUIET_MS = 500;
const QUIET_SQUARE = 10 ** (QUIET_DBFS / 10);

export function newSoundMeter(sampleRateHz: number, weights: readonly number[], originMs: number): SoundMeter {
  return {
    sampleRateHz,
    weights,
    originMs,
    samples: 0,
    channels: weights.map(() => ({
      filter: Array.from({ length: FILTER_MEMORY }, () => 0),
      past: Array.from({ length: PEAK_MEMORY }, () => 0),
      weightedEnergy: 0,
      energy: 0,
      peak: 0,
      samplePeak: 0,
      truePeak: 0,
    })),
    halfStep: null,
    steps: [],
    momentary: {},
    shortTerm: {},
    maxMomentary: 0,
    maxShortTerm: 0,
    quiet: NO_RUNS,
    envelope: emptyEnvelope(),
  };
}

/** When the next sample sounds. */
export function nextSampleMs(meter: SoundMeter): number {
  return meter.originMs + (meter.samples * 1000) / meter.sampleRateHz;
}

/** Takes one array of samples for each channel, all of one length; 1 is full scale. */
export function meterSamples(meter: SoundMeter, planes: readonly Float32Array[]): void {
  const length = planes[0]?.length ?? 0;
  const hop = Math.max(1, Math.round(meter.sampleRateHz / HOPS_PER_SECOND));
  const weighting = kWeighting(meter.sampleRateHz);
  if (meter.sampleRateHz < TRUE_PEAK_BELOW_HZ) {
    meter.channels.forEach((channel, index) => {
      const samples = planes[index];
      if (samples !== undefined) channel.truePeak = truePeakOf(channel.truePeak, channel.past, samples);
    });
  }
  let from = 0;
  while (from < length) {
    const to = Math.min(length, from + hop - (meter.samples % hop));
    meter.channels.forEach((channel, index) => {
      const samples = planes[index];
      if (samples === undefined) return;
      const isWeighted = (meter.weights[index] ?? 0) > 0;
      if (isWeighted) {
        channel.weightedEnergy = addWeightedEnergy(
          weighting,
          channel.filter,
          samples,
          { from, to },
          channel.weightedEnergy,
        );
      }
      addPlain(channel, samples, from, to);
    });
    meter.samples += to - from;
    from = to;
    if (meter.samples % hop === 0) endHop(meter, hop);
  }
}

function addPlain(channel: ChannelMeter, samples: Float32Array, from: number, to: number): void {
  let { energy, peak } = channel;
  for (let i = from; i < to; i += 1) {
    const x = samples[i] ?? 0;
    energy += x * x;
    const size = x < 0 ? -x : x;
    if (size > peak) peak = size;
  }
  channel.energy = energy;
  channel.peak = peak;
  if (peak > channel.samplePeak) channel.samplePeak = peak;
}

function endHop(meter: SoundMeter, hop: number): void {
  let weighted = 0;
  let energy = 0;
  let peak = 0;
  meter.channels.forEach((channel, index) => {
    weighted += (meter.weights[index] ?? 0) * channel.weightedEnergy;
    energy += channel.energy;
    peak = Math.max(peak, channel.peak);
    Object.assign(channel, { weightedEnergy: 0, energy: 0, peak: 0 });
  });
  const square = energy / (hop * Math.max(1, meter.channels.length));
  const endMs = nextSampleMs(meter);
  const startMs = endMs - (hop * 1000) / meter.sampleRateHz;
  meter.quiet = extendRuns(meter.quiet, { holds: square < QUIET_SQUARE, startMs, endMs }, LEAST_QUIET_MS);
  extendEnvelope(meter.envelope, peak, square);
  if (meter.halfStep === null) meter.halfStep = weighted / hop;
  else {
    endStep(meter, (meter.halfStep + weighted / hop) / 2);
    meter.halfStep = null;
  }
}

/** Every 100 ms a block of 400 ms and one of 3 s end. */
function endStep(meter: SoundMeter, meanSquare: number): void {
  meter.steps.push(meanSquare);
  if (meter.steps.length > STEPS_OF_SHORT_TERM) meter.steps.shift();
  if (meter.steps.length >= STEPS_OF_MOMENTARY) {
    const momentary = mean(meter.steps.slice(-STEPS_OF_MOMENTARY));
    countBlock(meter.momentary, momentary);
    meter.maxMomentary = Math.max(meter.maxMomentary, momentary);
  }
  if (meter.steps.length === STEPS_OF_SHORT_TERM) {
    const shortTerm = mean(meter.steps);
    countBlock(meter.shortTerm, shortTerm);
    meter.maxShortTerm = Math.max(meter.maxShortTerm, shortTerm);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
