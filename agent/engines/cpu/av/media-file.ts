/** Opens a media file with FFmpeg, knowing that whoever made the file may have meant harm. */
import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_DISPOSITION_TIMED_THUMBNAILS,
  AV_LOG_QUIET,
  AVDISCARD_ALL,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from "node-av/constants";
import { Dictionary, FFmpegError, FormatContext, Log, type Stream } from "node-av/lib";
import type { Reason } from "../../../../shared/contracts/media.ts";
import { MEDIA_FORMATS } from "./media-formats.ts";

/** An open file. `close` may be called more than once. */
export type MediaFile = {
  readonly format: FormatContext;
  readonly streams: readonly Stream[];
  /** The stream of moving pictures; cover art is none. */
  readonly video: Stream | null;
  readonly audio: Stream | null;
  /** Where the media's own timeline begins, on the clock of the container. */
  readonly startSeconds: number;
  /** Null when neither the container nor its packets tell. */
  readonly durationSeconds: number | null;
  close(): void;
};

export type Opened = { readonly ok: true; readonly file: MediaFile } | { readonly ok: false; readonly reason: Reason };

const MICROSECONDS_PER_SECOND = 1e6;
/** Beyond this a start or a length is a damaged number and no time: 30 years. */
const LONGEST_SECONDS = 1e9;
/** A file with more streams is built to waste memory. */
const MAX_STREAMS = 100;

// FFmpeg would write a line about every damaged packet.
Log.setLevel(AV_LOG_QUIET);

/** What is wrong with the file is a reason: `unreadable`, `no_streams`. Faults of FFmpeg itself throw. */
export function openMedia(path: string): Opened {
  const format = new FormatContext();
  // A playlist could name other files of the machine, or addresses: only containers that hold their media are read.
  using options = Dictionary.fromObject({
    protocol_whitelist: "file",
    format_whitelist: MEDIA_FORMATS.join(","),
    max_streams: MAX_STREAMS,
  });
  const opened = format.openInputSync(path, null, options);
  if (opened < 0) return { ok: false, reason: unreadable(opened) };
  const read = format.findStreamInfoSync(null);
  if (read < 0) {
    format.closeInputSync();
    return { ok: false, reason: unreadable(read) };
  }
  const { streams } = format;
  const video = bestOf(streams, isMovingPicture);
  const audio = bestOf(streams, isSound);
  if (streams.length === 0) {
    format.closeInputSync();
    return { ok: false, reason: { code: "no_streams", detail: "The file holds no stream." } };
  }
  return { ok: true, file: { format, streams, video, audio, ...timesOf(format, streams), close: closing(format) } };
}

/** The packets of other streams are not even read where the container allows that. */
export function onlyStream(file: MediaFile, wanted: Stream): void {
  for (const stream of file.streams) {
    if (stream.index !== wanted.index) stream.discard = AVDISCARD_ALL;
  }
}

function closing(format: FormatContext): () => void {
  let isOpen = true;
  return () => {
    if (isOpen) format.closeInputSync();
    isOpen = false;
  };
}

function unreadable(code: number): Reason {
  const why = FFmpegError.strerror(code);
  return { code: "unreadable", detail: `The file cannot be read as video or audio: ${why}.` };
}

function isMovingPicture(stream: Stream): boolean {
  const { codecType, width, height } = stream.codecpar;
  const isStill =
    stream.hasDisposition(AV_DISPOSITION_ATTACHED_PIC) || stream.hasDisposition(AV_DISPOSITION_TIMED_THUMBNAILS);
  return codecType === AVMEDIA_TYPE_VIDEO && !isStill && width > 0 && height > 0;
}

function isSound(stream: Stream): boolean {
  const { codecType, channels, sampleRate } = stream.codecpar;
  return codecType === AVMEDIA_TYPE_AUDIO && channels > 0 && sampleRate > 0;
}

/** The default one before others, then the first: what a player would choose. */
function bestOf(streams: readonly Stream[], isWanted: (stream: Stream) => boolean): Stream | null {
  const wanted = streams.filter(isWanted);
  return wanted.find((stream) => (stream.disposition & 1) !== 0) ?? wanted[0] ?? null;
}

function timesOf(
  format: FormatContext,
  streams: readonly Stream[],
): Pick<MediaFile, "startSeconds" | "durationSeconds"> {
  const start = secondsOf(format.startTime);
  const written = secondsOf(format.duration);
  const longest = Math.max(
    0,
    ...streams.map((stream) => (Number(stream.duration) * stream.timeBase.num) / Math.max(1, stream.timeBase.den)),
  );
  const duration = written ?? longest;
  return {
    startSeconds: start ?? 0,
    durationSeconds: duration > 0 && duration < LONGEST_SECONDS ? duration : null,
  };
}

/** Null for FFmpeg's "unknown" and for what no time can be. */
function secondsOf(microseconds: bigint): number | null {
  const seconds = Number(microseconds) / MICROSECONDS_PER_SECOND;
  return Math.abs(seconds) < LONGEST_SECONDS ? seconds : null;
}
