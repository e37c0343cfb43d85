/** MPEG audio (layers I to III) and ADTS frames, found by their headers. Tables of ISO/IEC 11172-3, 13818-3, 13818-7. */
import { ByteView } from "./byte-view.ts";

/** One frame header; `channels` is 0 where AAC defines them in the stream. */
export type AudioFrame = {
  readonly codec: "mp1" | "mp2" | "mp3" | "aac";
  readonly sizeBytes: number;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bitsPerSecond: number | null;
  readonly samples: number;
};

const KBPS_V1 = {
  1: [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  2: [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  3: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
} as const;
const KBPS_V2 = {
  1: [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  3: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
const RATES_V1 = [44_100, 48_000, 32_000] as const;
const ADTS_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
] as const;

/** The frame that begins at `at`, or `null`. Free-format MPEG frames (no bit rate written) are not recognised. */
export function audioFrame(view: ByteView, at: number): AudioFrame | null {
  if (at + 7 > view.length || view.u8(at) !== 0xff || (view.u8(at + 1) & 0xe0) !== 0xe0) return null;
  return (view.u8(at + 1) & 0xf6) === 0xf0 ? adtsFrame(view, at) : mpegFrame(view, at);
}

/** Layer by its two header bits; 0 is reserved. */
const LAYERS = [null, 3, 2, 1] as const;
/** Divisor of the sampling rate by the version bits: MPEG 2.5, reserved, 2, 1. */
const RATE_DIVISORS = [4, null, 2, 1] as const;

function mpegFrame(view: ByteView, at: number): AudioFrame | null {
  const second = view.u8(at + 1);
  const third = view.u8(at + 2);
  const divisor = RATE_DIVISORS[(second >> 3) & 3] ?? null;
  const layer = LAYERS[(second >> 1) & 3] ?? null;
  if (divisor === null || layer === null) return null;
  const isV1 = divisor === 1;
  const kbps = (isV1 ? KBPS_V1 : KBPS_V2)[layer][(third >> 4) - 1];
  const baseRate = RATES_V1[(third >> 2) & 3];
  if (kbps === undefined || baseRate === undefined) return null;
  const sampleRateHz = baseRate / divisor;
  const bitsPerSecond = kbps * 1000;
  const samples = layer === 1 ? 384 : layer === 3 && !isV1 ? 576 : 1152;
  return {
    codec: `mp${layer}`,
    sizeBytes: frameBytes(layer, samples, bitsPerSecond / sampleRateHz, (third >> 1) & 1),
    sampleRateHz,
    channels: view.u8(at + 3) >> 6 === 3 ? 1 : 2,
    bitsPerSecond,
    samples,
  };
}

/** Layer I counts in slots of four bytes, the others in bytes. */
function frameBytes(layer: 1 | 2 | 3, samples: number, bitsPerSample: number, padding: number): number {
  return layer === 1
    ? (Math.floor(12 * bitsPerSample) + padding) * 4
    : Math.floor((samples / 8) * bitsPerSample) + padding;
}

function adtsFrame(view: ByteView, at: number): AudioFrame | null {
  const third = view.u8(at + 2);
  const sampleRateHz = ADTS_RATES[(third >> 2) & 15];
  const sizeBytes = ((view.u8(at + 3) & 3) << 11) | (view.u8(at + 4) << 3) | (view.u8(at + 5) >> 5);
  if (sampleRateHz === undefined || sizeBytes < 7) return null;
  const configuration = ((third & 1) << 2) | (view.u8(at + 3) >> 6);
  const channels = configuration === 7 ? 8 : configuration;
  return {
    codec: "aac",
    sizeBytes,
    sampleRateHz,
    channels,
    bitsPerSecond: null,
    samples: 1024 * ((view.u8(at + 6) & 3) + 1),
  };
}

/** Length of the ID3v2 tag at the start (id3.org, 2.4.0 section 3.1), 0 without one. */
export function id3Bytes(head: ByteView): number {
  if (!head.startsWith("ID3") || head.length < 10) return 0;
  const footerBytes = (head.u8(5) & 0x10) === 0 ? 0 : 10;
  return 10 + footerBytes + [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (head.u8(at) & 0x7f), 0);
}

/**
 * The first frame in `bytes` that is followed by another of the same codec and rate: two in a row are no accident. A
 * single frame counts when it ends exactly where the data ends.
 */
export function firstAudioFrame(bytes: Uint8Array, isWholeFile: boolean): { frame: AudioFrame; at: number } | null {
  const view = new ByteView(bytes);
  for (let at = bytes.indexOf(0xff); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const frame = audioFrame(view, at);
    if (frame === null) continue;
    const end = at + frame.sizeBytes;
    const following = audioFrame(view, end);
    if (following?.codec === frame.codec && following.sampleRateHz === frame.sampleRateHz) return { frame, at };
    if (isWholeFile && at === 0 && end === bytes.length) return { frame, at };
  }
  return null;
}
