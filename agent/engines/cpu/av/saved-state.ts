/** What the passes of video and audio save between segments. PERSISTED CONTRACT: read back by later attempts. */
import { z } from "zod";
import { SMALL_BYTES } from "./core/frame-change.ts";

const count = z.int().min(0);
const run = z.tuple([z.number(), z.number()]).readonly();
const Runs = z.strictObject({ closed: z.array(run).readonly(), open: run.nullable() });
const Clock = z.strictObject({ lastMs: z.number().nullable(), shiftMs: z.number(), isTrue: z.boolean() });
const change = { atMs: z.number(), change: z.number() };

const track = {
  /** Frames taken, and those of them that could not be used. */
  frames: count,
  lostFrames: count,
  /** Packets that could not be decoded. */
  decodeErrors: count,
  /** Time stamp of the last frame in units of its stream. */
  lastStamp: z.number().nullable(),
  clock: Clock,
  hasEnded: z.boolean(),
};

export const VideoState = z.strictObject({
  ...track,
  frameMs: z.number(),
  /** When the first frame is shown. */
  startMs: z.number(),
  /** The last small picture, base64. */
  previous: z
    .string()
    .max(SMALL_BYTES * 2)
    .nullable(),
  wasBlack: z.boolean(),
  cuts: z.strictObject({
    window: z.array(z.strictObject(change)).readonly(),
    candidates: z.array(z.strictObject({ ...change, around: z.number() })).readonly(),
    least: z.number(),
  }),
  black: Runs,
});
export type VideoState = z.infer<typeof VideoState>;

const Histogram = z.record(z.string(), z.tuple([count, z.number()]));

const Channel = z.strictObject({
  filter: z.array(z.number()),
  past: z.array(z.number()),
  weightedEnergy: z.number(),
  energy: z.number(),
  peak: z.number(),
  samplePeak: z.number(),
  truePeak: z.number(),
});

const Meter = z.strictObject({
  sampleRateHz: z.number().min(1),
  weights: z.array(z.number()).readonly(),
  originMs: z.number(),
  samples: count,
  channels: z.array(Channel),
  halfStep: z.number().nullable(),
  steps: z.array(z.number()),
  momentary: Histogram,
  shortTerm: Histogram,
  maxMomentary: z.number(),
  maxShortTerm: z.number(),
  quiet: Runs,
  envelope: z.strictObject({
    blocksEach: z.int().min(1),
    filled: count,
    peak: z.number(),
    square: z.number(),
    peaks: z.array(z.number()),
    squares: z.array(z.number()),
  }),
});

export const AudioState = z.strictObject({ ...track, meter: Meter.nullable() });
export type AudioState = z.infer<typeof AudioState>;

/** `video` and `audio` are null where no step asked for them or they cannot be read. */
export const SavedState = z.strictObject({
  version: z.literal(1),
  segmentMs: z.number().min(1),
  nextSegment: count,
  /** The tracks that steps asked for. */
  wanted: z.strictObject({ video: z.boolean(), audio: z.boolean() }),
  video: VideoState.nullable(),
  audio: AudioState.nullable(),
});
export type SavedState = z.infer<typeof SavedState>;
