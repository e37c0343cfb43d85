/** Follows the sound of a medium. All that it knows is in its state. */
import type { Frame } from "node-av/lib";
import { channelWeights } from "./core/channel-weights.ts";
import { STOPPED_CLOCK, tick } from "./core/media-clock.ts";
import { meterSamples, newSoundMeter, nextSampleMs } from "./core/sound-meter.ts";
import { durationMsOf, stampMsOf, stampOf } from "./frame-reader.ts";
import { planesOf } from "./pcm.ts";
import type { AudioState } from "./saved-state.ts";
import { openAt, type Track } from "./track.ts";

/** Time stamps may be off by this much before it counts as a gap in the sound. */
const GAP_MS = 250;
/** More are not sound but an attempt to waste time. */
const MAX_CHANNELS = 64;

export const NEW_AUDIO: AudioState = {
  frames: 0,
  lostFrames: 0,
  decodeErrors: 0,
  lastStamp: null,
  clock: STOPPED_CLOCK,
  meter: null,
  hasEnded: false,
};

/** Continues where `state` ends; changes the meter in it. Refusals are those of `FrameReader.open`. */
export function audioTrack(path: string, state: AudioState): Track<AudioState> {
  const found = openAt(path, "audio", { ...state, isSeekable: false });
  if (!found.ok) return found;
  const { reader, pending } = found;
  const durationMs = durationMsOf(reader);
  let current = state;
  let frame: Frame | null = pending;
  // Before the first frame there is no place to go on from: everything is read, and counted, again.
  const errorsBefore = state.frames === 0 ? 0 : state.decodeErrors - found.errorsUntilPending;
  const clockAt = (next: Frame): AudioState["clock"] & { lastMs: number } =>
    tick(current.clock, stampMsOf(next, reader), {
      frameMs: (1000 * next.nbSamples) / Math.max(1, next.sampleRate),
      durationMs,
    });
  return {
    ok: true,
    durationMs,
    state: () => current,
    advance(untilMs) {
      while (frame !== null) {
        const clock = clockAt(frame);
        if (clock.lastMs >= untilMs) break;
        current = withFrame({ ...current, clock, lastStamp: stampOf(frame) ?? current.lastStamp }, clock.lastMs, frame);
        frame = reader.next();
      }
      const decodeErrors = errorsBefore + reader.errors;
      current = { ...current, decodeErrors, hasEnded: frame === null };
      return frame === null ? null : clockAt(frame).lastMs;
    },
    close: () => reader.close(),
  };
}

function withFrame(state: AudioState, atMs: number, frame: Frame): AudioState {
  const frames = state.frames + 1;
  const planes = frame.channels > MAX_CHANNELS ? null : planesOf(frame);
  if (planes === null) return { ...state, frames, lostFrames: state.lostFrames + 1 };
  const meter =
    state.meter ?? newSoundMeter(frame.sampleRate, channelWeights(frame.channels, frame.channelLayout.mask), atMs);
  // One meter has one rate and one layout; where a stream changes them midway, the first stand for it.
  if (meter.sampleRateHz !== frame.sampleRate || meter.weights.length !== planes.length) {
    return { ...state, frames, lostFrames: state.lostFrames + 1 };
  }
  const behindMs = atMs - nextSampleMs(meter);
  if (behindMs > GAP_MS) meter.originMs += behindMs;
  meterSamples(meter, planes);
  return { ...state, frames, meter };
}
