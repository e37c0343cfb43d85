/** One track of a medium, followed in pieces of time. */
import type { Frame } from "node-av/lib";
import type { Reason } from "../../../../shared/contracts/media.ts";
import { FrameReader, stampOf } from "./frame-reader.ts";

export type Track<State> =
  | {
      readonly ok: true;
      /** As the container has it. */
      readonly durationMs: number | null;
      /** What is known of everything before the last `advance`; JSON. */
      state(): State;
      /** Takes all that comes before `untilMs`, and returns when the next comes; null at the end of the track. */
      advance(untilMs: number): number | null;
      close(): void;
    }
  | { readonly ok: false; readonly reason: Reason };

/** How far a track was followed. */
type Place = {
  readonly frames: number;
  readonly lastStamp: number | null;
  /** Whether frames after a seek are the very ones that decoding from the beginning gives. */
  readonly isSeekable: boolean;
  /** Whether this is the last frame taken: some containers find a wrong place and give its frames wrong times. */
  readonly isLast?: (frame: Frame) => boolean;
};

export type OpenedAt =
  | {
      readonly ok: true;
      readonly reader: FrameReader;
      /** The first frame after the place; null when there is none. */
      readonly pending: Frame | null;
      /** Errors of the part before the place, which its state has counted. */
      readonly errorsUntilPending: number;
    }
  | { readonly ok: false; readonly reason: Reason };

/** Decoding begins this much before the place: a decoder's first frames may lean on what it has not seen. */
const LEAD_SECONDS = 2;

/** Opens a track after the frames already taken; where a seek is not exact, by decoding from the beginning. */
export function openAt(path: string, kind: "video" | "audio", place: Place): OpenedAt {
  const opened = FrameReader.open(path, kind);
  if (!opened.ok) return opened;
  const { reader } = opened;
  if (place.frames === 0) return { ok: true, reader, pending: reader.next(), errorsUntilPending: 0 };
  if (place.isSeekable && place.lastStamp !== null) {
    const pending = seekPast(reader, place.lastStamp, place.isLast);
    if (pending !== "missed") return { ok: true, reader, pending, errorsUntilPending: reader.errors };
    reader.close();
    return openAt(path, kind, { ...place, isSeekable: false });
  }
  let pending = reader.next();
  for (let passed = 0; pending !== null && passed < place.frames; passed += 1) pending = reader.next();
  return { ok: true, reader, pending, errorsUntilPending: reader.errors };
}

/** The first frame after `lastStamp`, provided that the one at `lastStamp` is seen on the way. */
function seekPast(reader: FrameReader, lastStamp: number, isLast: Place["isLast"]): Frame | null | "missed" {
  const { num, den } = reader.stream.timeBase;
  if (!reader.seek(lastStamp - (LEAD_SECONDS * den) / Math.max(1, num))) return "missed";
  let isSeen = false;
  for (let frame = reader.next(); ; frame = reader.next()) {
    const stamp = frame === null ? null : stampOf(frame);
    if (frame !== null && stamp !== null && stamp <= lastStamp) {
      isSeen ||= stamp === lastStamp && (isLast?.(frame) ?? true);
    } else return isSeen ? frame : "missed";
  }
}
