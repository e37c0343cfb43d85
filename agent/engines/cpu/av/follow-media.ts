/** Goes through the tracks of a medium segment by segment, saving after each what is known. */
import type { Reason } from "../../../../shared/contracts/media.ts";
import type { PassContext } from "../../../engine.ts";
import { audioTrack, NEW_AUDIO } from "./audio-track.ts";
import { type AudioState, SavedState, type VideoState } from "./saved-state.ts";
import type { Track } from "./track.ts";
import { NEW_VIDEO, videoTrack } from "./video-track.ts";

export type Wanted = { readonly video: boolean; readonly audio: boolean; readonly segmentMs: number };

export type Followed<State> =
  | { readonly ok: true; readonly state: State }
  | { readonly ok: false; readonly reason: Reason };

/** A track that was not asked for is refused with `not_asked`. */
export type FollowedMedia = { readonly video: Followed<VideoState>; readonly audio: Followed<AudioState> };

/** The rest of the pass's time goes to making pictures and drawings. */
const SHARE_OF_FOLLOWING = 0.9;

const NOT_ASKED = { ok: false, reason: { code: "not_asked", detail: "No step needs this track." } } as const;

/** The end is the same whether or not it was reached in one attempt. */
export async function followMedia(context: PassContext, wanted: Wanted): Promise<FollowedMedia> {
  const saved = usable(context.savedState, wanted);
  const { inputPath } = context;
  const video = wanted.video ? videoTrack(inputPath, saved?.video ?? NEW_VIDEO) : NOT_ASKED;
  const audio = wanted.audio ? audioTrack(inputPath, saved?.audio ?? structuredClone(NEW_AUDIO)) : NOT_ASKED;
  try {
    await followTracks(
      context,
      { video, audio },
      {
        segmentMs: saved?.segmentMs ?? wanted.segmentMs,
        first: saved?.nextSegment ?? 0,
        wanted: { video: wanted.video, audio: wanted.audio },
      },
    );
    return { video: followed(video), audio: followed(audio) };
  } finally {
    for (const track of [video, audio]) if (track.ok) track.close();
  }
}

/** A state of another release or of other steps is of no use: the work begins anew. */
function usable(state: unknown, wanted: Wanted): SavedState | null {
  const parsed = SavedState.safeParse(state);
  if (!parsed.success) return null;
  const { wanted: covered } = parsed.data;
  const covers = (!wanted.video || covered.video) && (!wanted.audio || covered.audio);
  return covers ? parsed.data : null;
}

type Tracks = { readonly video: Track<VideoState>; readonly audio: Track<AudioState> };

type Course = Pick<SavedState, "segmentMs" | "wanted"> & { readonly first: number };

async function followTracks(context: PassContext, tracks: Tracks, course: Course): Promise<void> {
  const { segmentMs, wanted } = course;
  const { video, audio } = tracks;
  const durationMs = Math.max(video.ok ? (video.durationMs ?? 0) : 0, audio.ok ? (audio.durationMs ?? 0) : 0);
  const fractionAt = (ms: number): number => (durationMs === 0 ? 0 : Math.min(1, ms / durationMs) * SHARE_OF_FOLLOWING);
  let segment = course.first;
  for (;;) {
    await context.progress(fractionAt(segment * segmentMs), segment);
    const endMs = (segment + 1) * segmentMs;
    const next = [video, audio].map((track) => (track.ok ? track.advance(endMs) : null)).filter((ms) => ms !== null);
    // A pause in the medium makes no empty segments.
    const nextSegment = Math.max(segment + 1, ...skipTo(next, segmentMs));
    const state: SavedState = {
      version: 1,
      segmentMs,
      nextSegment,
      wanted,
      video: video.ok ? video.state() : null,
      audio: audio.ok ? audio.state() : null,
    };
    await context.saveState(state, nextSegment, fractionAt(nextSegment * segmentMs));
    if (next.length === 0) return;
    segment = nextSegment;
  }
}

function skipTo(nextMs: readonly number[], segmentMs: number): number[] {
  return nextMs.length === 0 ? [] : [Math.floor(Math.min(...nextMs) / segmentMs)];
}

function followed<State>(track: Track<State>): Followed<State> {
  return track.ok ? { ok: true, state: track.state() } : track;
}
