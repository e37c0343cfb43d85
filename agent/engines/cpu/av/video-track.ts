/** Follows the pictures of a video: what changes, what is black. All that it knows is in its state. */
import { SWS_AREA } from "node-av/constants";
import type { Frame } from "node-av/lib";
import { extendCuts, NO_CUTS } from "./core/cut-candidates.ts";
import { changeBetween, lightOf, SMALL_BYTES, SMALL_HEIGHT, SMALL_WIDTH } from "./core/frame-change.ts";
import { STOPPED_CLOCK, tick } from "./core/media-clock.ts";
import { extendRuns, NO_RUNS } from "./core/runs.ts";
import { rateOfFrames } from "./describe-media.ts";
import { durationMsOf, stampMsOf, stampOf } from "./frame-reader.ts";
import { RgbScaler } from "./rgb-scaler.ts";
import type { VideoState } from "./saved-state.ts";
import { openAt, type Track } from "./track.ts";

/** Shorter darkness is a blink or a cut. */
export const LEAST_BLACK_MS = 200;
const USUAL_FRAME_MS = 40;

export const NEW_VIDEO: VideoState = {
  frames: 0,
  lostFrames: 0,
  decodeErrors: 0,
  lastStamp: null,
  clock: STOPPED_CLOCK,
  frameMs: USUAL_FRAME_MS,
  startMs: 0,
  previous: null,
  wasBlack: false,
  cuts: NO_CUTS,
  black: NO_RUNS,
  hasEnded: false,
};

/** Continues where `state` ends. Refusals are those of `FrameReader.open`. */
export function videoTrack(path: string, state: VideoState): Track<VideoState> {
  const scaler = new RgbScaler(SWS_AREA);
  const smallOf = (frame: Frame): Uint8Array | null =>
    scaler.rgbOf(frame, { width: SMALL_WIDTH, height: SMALL_HEIGHT });
  const found = openAt(path, "video", {
    ...state,
    isSeekable: state.clock.isTrue && state.decodeErrors === 0,
    isLast: (frame) => base64Of(smallOf(frame)) === state.previous,
  });
  if (!found.ok) return found;
  const { reader, pending } = found;
  const rate = rateOfFrames(reader.stream);
  const shown = { frameMs: rate === null ? USUAL_FRAME_MS : 1000 / rate, durationMs: durationMsOf(reader) };
  let current: VideoState = { ...state, frameMs: shown.frameMs };
  let frame: Frame | null = pending;
  // Before the first frame there is no place to go on from: everything is read, and counted, again.
  const errorsBefore = state.frames === 0 ? 0 : state.decodeErrors - found.errorsUntilPending;
  return {
    ok: true,
    durationMs: shown.durationMs,
    state: () => current,
    advance(untilMs) {
      while (frame !== null) {
        const clock = tick(current.clock, stampMsOf(frame, reader), shown);
        if (clock.lastMs >= untilMs) break;
        const small = smallOf(frame);
        current = withFrame({ ...current, lastStamp: stampOf(frame) ?? current.lastStamp }, clock, small);
        frame = reader.next();
      }
      const decodeErrors = errorsBefore + reader.errors;
      current = frame === null ? ended({ ...current, decodeErrors }) : { ...current, decodeErrors };
      return frame === null ? null : tick(current.clock, stampMsOf(frame, reader), shown).lastMs;
    },
    close() {
      scaler.close();
      reader.close();
    },
  };
}

function withFrame(
  state: VideoState,
  clock: VideoState["clock"] & { lastMs: number },
  small: Uint8Array | null,
): VideoState {
  const frames = state.frames + 1;
  if (small === null) return { ...state, frames, clock, lostFrames: state.lostFrames + 1 };
  const previous = state.previous === null ? null : Buffer.from(state.previous, "base64");
  const { isBlack } = lightOf(small);
  const next = { ...state, frames, clock, wasBlack: isBlack, previous: base64Of(small) };
  if (previous === null || previous.length !== SMALL_BYTES) return { ...next, startMs: clock.lastMs };
  const startMs = state.clock.lastMs ?? clock.lastMs;
  return {
    ...next,
    cuts: extendCuts(state.cuts, { atMs: clock.lastMs, change: changeBetween(previous, small) }),
    black: extendRuns(state.black, { holds: state.wasBlack, startMs, endMs: clock.lastMs }, LEAST_BLACK_MS),
  };
}

function base64Of(small: Uint8Array | null): string | null {
  return small === null ? null : Buffer.from(small).toString("base64");
}

/** The last frame is shown as long as the others. */
function ended(state: VideoState): VideoState {
  if (state.hasEnded || state.clock.lastMs === null) return { ...state, hasEnded: true };
  const startMs = state.clock.lastMs;
  const moment = { holds: state.wasBlack, startMs, endMs: startMs + state.frameMs };
  return { ...state, hasEnded: true, black: extendRuns(state.black, moment, LEAST_BLACK_MS) };
}
