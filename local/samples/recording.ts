/** An MP4 file under way: takes pictures and sound, encodes them with the FFmpeg that npm brings. */
import { Encoder, Muxer } from "node-av/api";
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_LOG_ERROR,
  AV_PIX_FMT_YUV420P,
  AV_SAMPLE_FMT_FLTP,
  FF_ENCODER_AAC,
  FF_ENCODER_LIBX264,
} from "node-av/constants";
import { Frame, Log, Rational } from "node-av/lib";

/** Samples in one AAC frame (ISO/IEC 14496-3). */
const AAC_FRAME_SAMPLES = 1024;

/** The form of what a recording takes; `sampleRate` in hertz. */
type RecordingForm = {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly sampleRate: number;
};

type EncodedStream = { readonly encoder: Encoder; readonly index: number };

/** H.264 and mono AAC in an MP4 whose index is at its end. Use it with `await using`. */
export class Recording implements AsyncDisposable {
  readonly #form: RecordingForm;
  readonly #muxer: Muxer;
  readonly #video: EncodedStream;
  readonly #audio: EncodedStream;
  readonly #heldSound = new Float32Array(AAC_FRAME_SAMPLES);
  #heldSamples = 0;
  #sentSamples = 0;
  #sentFrames = 0;

  private constructor(form: RecordingForm, muxer: Muxer, video: Encoder, audio: Encoder) {
    this.#form = form;
    this.#muxer = muxer;
    this.#video = { encoder: video, index: muxer.addStream(video) };
    this.#audio = { encoder: audio, index: muxer.addStream(audio) };
  }

  /** Opens the file for writing; FFmpeg's error when the path cannot be written. */
  static async open(path: string, form: RecordingForm): Promise<Recording> {
    // libx264 tells its settings and statistics on stderr, at a level that FFmpeg has for the whole process only.
    if (Log.getLevel() > AV_LOG_ERROR) Log.setLevel(AV_LOG_ERROR);
    const muxer = await Muxer.open(path, { format: "mp4" });
    const video = await Encoder.create(FF_ENCODER_LIBX264, {
      threadCount: 1,
      context: { gopSize: 2 * form.framesPerSecond, framerate: new Rational(form.framesPerSecond, 1) },
      options: { preset: "ultrafast", crf: 23 },
    });
    const audio = await Encoder.create(FF_ENCODER_AAC, { context: { bitRate: 64_000 } });
    return new Recording(form, muxer, video, audio);
  }

  /** Adds the next picture, planar yuv420p. */
  async addPicture(picture: Buffer): Promise<void> {
    const { width, height, framesPerSecond } = this.#form;
    using frame = Frame.fromVideoBuffer(picture, {
      width,
      height,
      format: AV_PIX_FMT_YUV420P,
      timeBase: { num: 1, den: framesPerSecond },
      pts: BigInt(this.#sentFrames),
    });
    await this.#encode(this.#video, frame);
    this.#sentFrames += 1;
  }

  /** Adds the next samples, in -1 to 1. They are encoded 1024 at a time; what is short of that at the end is left out. */
  async addSound(samples: Float32Array): Promise<void> {
    let from = 0;
    while (from < samples.length) {
      const taken = samples.subarray(from, from + AAC_FRAME_SAMPLES - this.#heldSamples);
      this.#heldSound.set(taken, this.#heldSamples);
      this.#heldSamples += taken.length;
      from += taken.length;
      if (this.#heldSamples === AAC_FRAME_SAMPLES) await this.#sendHeldSound();
    }
  }

  /** Writes what the encoders hold and the index: the file is whole. */
  async finish(): Promise<void> {
    await this.#encode(this.#video, null);
    await this.#encode(this.#audio, null);
    await this.#muxer.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#muxer.close();
    this.#video.encoder.close();
    this.#audio.encoder.close();
  }

  async #sendHeldSound(): Promise<void> {
    const { sampleRate } = this.#form;
    using frame = Frame.fromAudioBuffer(Buffer.from(this.#heldSound.buffer), {
      nbSamples: AAC_FRAME_SAMPLES,
      format: AV_SAMPLE_FMT_FLTP,
      sampleRate,
      channelLayout: AV_CHANNEL_LAYOUT_MONO,
      timeBase: { num: 1, den: sampleRate },
      pts: BigInt(this.#sentSamples),
    });
    await this.#encode(this.#audio, frame);
    this.#sentSamples += AAC_FRAME_SAMPLES;
    this.#heldSamples = 0;
  }

  async #encode({ encoder, index }: EncodedStream, frame: Frame | null): Promise<void> {
    for (const packet of await encoder.encodeAll(frame)) {
      await this.#muxer.writePacket(packet, index);
      packet.free();
    }
  }
}
