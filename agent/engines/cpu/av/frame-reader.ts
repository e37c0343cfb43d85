/** Decodes one stream of a file, frame by frame, past whatever is damaged in it. */
import { AV_NOPTS_VALUE, AVERROR_EAGAIN, AVERROR_EOF, AVSEEK_FLAG_BACKWARD } from "node-av/constants";
import { Codec, CodecContext, Frame, Packet, type Stream } from "node-av/lib";
import type { Reason } from "../../../../shared/contracts/media.ts";
import { codecNameOf } from "./describe-media.ts";
import { type MediaFile, onlyStream, openMedia } from "./media-file.ts";

/** Larger pictures are not decoded: one of them would take 400 MB. */
const MAX_PIXELS = 100_000_000;
/** So many packets without one frame, and the rest of the stream is taken as lost. */
const MAX_FRUITLESS_PACKETS = 20_000;
/** So many reads that ask to be tried again, and the file is taken as ended. */
const MAX_EMPTY_READS = 1000;
/** Frames wait for each other between threads; more threads than two gain little on shared cores. */
const DECODER_THREADS = 2;

export type ReaderOpened =
  | { readonly ok: true; readonly reader: FrameReader }
  | { readonly ok: false; readonly reason: Reason };

export class FrameReader {
  readonly file: MediaFile;
  readonly stream: Stream;
  /** Packets and frames that could not be read since the beginning or the last seek. */
  errors = 0;
  readonly #decoder: CodecContext;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  #fruitless = 0;
  #isDraining = false;
  #isDrained = false;

  private constructor(file: MediaFile, stream: Stream, decoder: CodecContext) {
    this.file = file;
    this.stream = stream;
    this.#decoder = decoder;
    this.#packet.alloc();
    this.#frame.alloc();
  }

  /** Reasons: those of `openMedia`, `no_video_track`, `no_audio_track`, `no_decoder`, `undecodable`. */
  static open(path: string, kind: "video" | "audio"): ReaderOpened {
    const opened = openMedia(path);
    if (!opened.ok) return opened;
    const { file } = opened;
    const refused = (code: string, detail: string): ReaderOpened => {
      file.close();
      return { ok: false, reason: { code, detail } };
    };
    const stream = file[kind];
    if (stream === null) return refused(`no_${kind}_track`, `The file has no ${kind} track.`);
    const codec = Codec.findDecoder(stream.codecpar.codecId);
    if (codec === null) return refused("no_decoder", `There is no decoder for ${codecNameOf(stream) ?? "the stream"}.`);
    const decoder = new CodecContext();
    decoder.allocContext3(codec);
    decoder.parametersToContext(stream.codecpar);
    decoder.pktTimebase = stream.timeBase;
    decoder.threadCount = kind === "video" ? DECODER_THREADS : 1;
    decoder.setOption("max_pixels", MAX_PIXELS);
    if (decoder.open2Sync(codec, null) < 0) {
      decoder.freeContext();
      return refused("undecodable", `The ${kind} track cannot be decoded: its header is damaged.`);
    }
    onlyStream(file, stream);
    return { ok: true, reader: new FrameReader(file, stream, decoder) };
  }

  /** The next frame, valid until the next call; null at the end. */
  next(): Frame | null {
    for (;;) {
      this.#frame.unref();
      const received = this.#decoder.receiveFrameSync(this.#frame);
      if (received >= 0) {
        this.#fruitless = 0;
        return this.#frame;
      }
      if (received === AVERROR_EOF || this.#isDrained) return null;
      if (received !== AVERROR_EAGAIN) this.errors += 1;
      this.#feed();
    }
  }

  /** Goes to the last place before `stamp` from which can be decoded. Says whether the container could do it. */
  seek(stamp: number): boolean {
    const isDone =
      this.file.format.seekFrameSync(this.stream.index, BigInt(Math.floor(stamp)), AVSEEK_FLAG_BACKWARD) >= 0;
    if (isDone) this.#decoder.flushBuffers();
    this.#fruitless = 0;
    this.#isDraining = false;
    this.#isDrained = false;
    return isDone;
  }

  close(): void {
    this.#decoder.freeContext();
    this.#packet.free();
    this.#frame.free();
    this.file.close();
  }

  #feed(): void {
    const found = this.#read();
    this.#fruitless += 1;
    if (!found || this.#fruitless > MAX_FRUITLESS_PACKETS) {
      // A second request means that the decoder does not end by itself.
      if (this.#isDraining) this.#isDrained = true;
      this.#isDraining = true;
      this.#decoder.sendPacketSync(null);
      return;
    }
    const sent = this.#decoder.sendPacketSync(this.#packet);
    if (sent < 0 && sent !== AVERROR_EAGAIN) this.errors += 1;
    this.#packet.unref();
  }

  #read(): boolean {
    for (let empty = 0; empty < MAX_EMPTY_READS;) {
      const read = this.file.format.readFrameSync(this.#packet);
      if (read === AVERROR_EAGAIN) empty += 1;
      else if (read < 0) {
        if (read !== AVERROR_EOF) this.errors += 1;
        return false;
      } else if (this.#packet.streamIndex === this.stream.index) return true;
      else this.#packet.unref();
    }
    return false;
  }
}

/** The time stamp of a frame in units of its stream; null for none. */
export function stampOf(frame: Frame): number | null {
  const best = frame.bestEffortTimestamp;
  return best === AV_NOPTS_VALUE ? null : Number(best);
}

/** As the container has it; null when it does not tell. */
export function durationMsOf({ file }: FrameReader): number | null {
  return file.durationSeconds === null ? null : file.durationSeconds * 1000;
}

/** Time of a frame on the media's own timeline, before the clock looks at it. */
export function stampMsOf(frame: Frame, { file, stream }: FrameReader): number | null {
  const stamp = stampOf(frame);
  const { num, den } = stream.timeBase;
  // Rounded to microseconds: the same stamp gives the same time whatever is added later.
  return stamp === null ? null : Math.round(((stamp * num) / den - file.startSeconds) * 1e6) / 1e3;
}
