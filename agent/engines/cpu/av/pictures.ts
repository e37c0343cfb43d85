/** Upright pictures of a video at given moments. */
import { SWS_BICUBIC } from "node-av/constants";
import type { Frame } from "node-av/lib";
import { asImage } from "../image/resize.ts";
import type { Picture } from "../image/picture.ts";
import { STOPPED_CLOCK, tick } from "./core/media-clock.ts";
import { displaySize } from "./core/display-size.ts";
import { rotationOf } from "./display-rotation.ts";
import { durationMsOf, FrameReader, stampMsOf } from "./frame-reader.ts";
import { RgbScaler } from "./rgb-scaler.ts";
import type { VideoState } from "./saved-state.ts";

/** Longer side of the pictures. */
const MAX_SIDE = 640;
/** Nearer moments are reached by decoding on. */
const SEEK_OVER_MS = 4000;

/**
 * The picture that is shown at each of the moments (ms on the media's own timeline). A moment whose picture cannot be
 * had is missing from the map.
 */
export async function picturesAt(
  path: string,
  moments: readonly number[],
  state: VideoState,
): Promise<ReadonlyMap<number, Picture>> {
  const pictures = new Map<number, Picture>();
  const opened = FrameReader.open(path, "video");
  if (!opened.ok) return pictures;
  const { reader } = opened;
  const scaler = new RgbScaler(SWS_BICUBIC);
  const film = new Film(reader, state);
  try {
    for (const moment of [...new Set(moments)].sort((a, b) => a - b)) {
      const frame = film.frameAt(moment);
      const picture = frame === null ? null : await uprightPicture(frame, reader, scaler);
      if (picture !== null) pictures.set(moment, picture);
    }
    return pictures;
  } finally {
    film.close();
    scaler.close();
    reader.close();
  }
}

/** Goes forward through the frames, with leaps where the time stamps and the distance of key frames allow them. */
class Film {
  readonly #reader: FrameReader;
  readonly #frameMs: number;
  #clock = STOPPED_CLOCK;
  #isLeaping: boolean;
  #shown: Frame | null = null;
  #ahead: { readonly frame: Frame; readonly atMs: number } | null;

  constructor(reader: FrameReader, state: VideoState) {
    this.#reader = reader;
    this.#frameMs = state.frameMs;
    this.#isLeaping = state.clock.isTrue;
    this.#ahead = this.#read();
  }

  frameAt(moment: number): Frame | null {
    this.#leapTowards(moment);
    while (this.#ahead !== null && this.#ahead.atMs <= moment) {
      this.#shown?.free();
      this.#shown = this.#ahead.frame.clone();
      this.#ahead = this.#read();
    }
    return this.#shown ?? this.#ahead?.frame ?? null;
  }

  close(): void {
    this.#shown?.free();
    this.#shown = null;
  }

  #read(): { readonly frame: Frame; readonly atMs: number } | null {
    const frame = this.#reader.next();
    if (frame === null) return null;
    const durationMs = durationMsOf(this.#reader);
    const clock = tick(this.#clock, stampMsOf(frame, this.#reader), { frameMs: this.#frameMs, durationMs });
    this.#clock = clock;
    return { frame, atMs: clock.lastMs };
  }

  #leapTowards(moment: number): void {
    const fromMs = this.#ahead?.atMs ?? null;
    if (!this.#isLeaping || fromMs === null || moment - fromMs < SEEK_OVER_MS) return;
    const { stream, file } = this.#reader;
    const { num, den } = stream.timeBase;
    const isDone = this.#reader.seek(((moment / 1000 + file.startSeconds) * den) / Math.max(1, num));
    // A leap that leads back is one inside a long group of pictures; the next would lead back again.
    this.#clock = STOPPED_CLOCK;
    const landed = isDone ? this.#read() : null;
    if (!isDone || landed === null || landed.atMs < fromMs) this.#isLeaping = false;
    if (landed !== null) this.#ahead = landed;
    else if (isDone && this.#reader.seek(0)) this.#ahead = this.#read();
  }
}

async function uprightPicture(frame: Frame, reader: FrameReader, scaler: RgbScaler): Promise<Picture | null> {
  const aspect = frame.sampleAspectRatio;
  const size = displaySize({ width: frame.width, height: frame.height, aspect: aspect.num / aspect.den }, MAX_SIDE);
  const rgb = scaler.rgbOf(frame, size);
  if (rgb === null) return null;
  const rotation = rotationOf(reader.stream);
  if (rotation === 0) return { rgb, ...size };
  const { data, info } = await asImage({ rgb, ...size })
    .rotate(rotation)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { rgb: data, width: info.width, height: info.height };
}
