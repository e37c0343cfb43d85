/** Frames of any size and pixel format as packed 8-bit RGB of another size. */
import { AV_PIX_FMT_RGB24, type AVPixelFormat, type SwsFlags } from "node-av/constants";
import { Frame, SoftwareScaleContext } from "node-av/lib";

type Size = { readonly width: number; readonly height: number };

/** Keeps its scaler between frames of one shape. */
export class RgbScaler {
  readonly #flags: SwsFlags;
  #shape = "";
  #scaler: SoftwareScaleContext | null = null;
  #target: Frame | null = null;

  constructor(flags: SwsFlags) {
    this.#flags = flags;
  }

  /** Null when the frame has no picture that can be converted. */
  rgbOf(frame: Frame, { width, height }: Size): Uint8Array | null {
    if (frame.width < 1 || frame.height < 1 || frame.format < 0) return null;
    const shape = `${frame.width}x${frame.height}/${frame.format}>${width}x${height}`;
    if (shape !== this.#shape) this.#prepare(frame, { width, height }, shape);
    if (this.#scaler === null || this.#target === null) return null;
    if (this.#target.makeWritable() < 0 || this.#scaler.scaleFrameSync(this.#target, frame) < 0) return null;
    return packed(this.#target);
  }

  close(): void {
    this.#scaler?.freeContext();
    this.#target?.free();
    this.#scaler = null;
    this.#target = null;
    this.#shape = "";
  }

  #prepare(frame: Frame, { width, height }: Size, shape: string): void {
    this.close();
    this.#shape = shape;
    const scaler = new SoftwareScaleContext();
    const target = new Frame();
    try {
      const format = frame.format as AVPixelFormat; // SAFETY: the format of a video frame.
      scaler.getContext(frame.width, frame.height, format, width, height, AV_PIX_FMT_RGB24, this.#flags);
    } catch {
      return; // No conversion from this pixel format: the frame counts as one that cannot be read.
    }
    target.alloc();
    Object.assign(target, { width, height, format: AV_PIX_FMT_RGB24 });
    if (target.getBuffer() < 0) return;
    this.#scaler = scaler;
    this.#target = target;
  }
}

function packed(frame: Frame): Uint8Array | null {
  const rows = frame.data?.[0];
  const stride = frame.linesize[0] ?? 0;
  const rowBytes = frame.width * 3;
  if (rows === undefined || stride < rowBytes) return null;
  const rgb = new Uint8Array(rowBytes * frame.height);
  for (let y = 0; y < frame.height; y += 1) rgb.set(rows.subarray(y * stride, y * stride + rowBytes), y * rowBytes);
  return rgb;
}
