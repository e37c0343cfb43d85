/** Samples of decoded frames as floating point, whatever format the decoder gave. */
import {
  AV_SAMPLE_FMT_DBL,
  AV_SAMPLE_FMT_DBLP,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  AV_SAMPLE_FMT_S16,
  AV_SAMPLE_FMT_S16P,
  AV_SAMPLE_FMT_S32,
  AV_SAMPLE_FMT_S32P,
  AV_SAMPLE_FMT_U8,
  AV_SAMPLE_FMT_U8P,
  type AVSampleFormat,
} from "node-av/constants";
import type { Frame } from "node-av/lib";

type Numbers = { readonly [index: number]: number };
type Format = {
  readonly isPlanar: boolean;
  readonly sampleBytes: number;
  readonly scale: number;
  readonly offset: number;
  view(buffer: ArrayBufferLike, start: number, length: number): Numbers;
};

const u8: Omit<Format, "isPlanar"> = {
  sampleBytes: 1,
  scale: 2 ** -7,
  offset: -1,
  view: (buffer, start, length) => new Uint8Array(buffer, start, length),
};
const s16: Omit<Format, "isPlanar"> = {
  sampleBytes: 2,
  scale: 2 ** -15,
  offset: 0,
  view: (buffer, start, length) => new Int16Array(buffer, start, length),
};
const s32: Omit<Format, "isPlanar"> = {
  sampleBytes: 4,
  scale: 2 ** -31,
  offset: 0,
  view: (buffer, start, length) => new Int32Array(buffer, start, length),
};
const float: Omit<Format, "isPlanar"> = {
  sampleBytes: 4,
  scale: 1,
  offset: 0,
  view: (buffer, start, length) => new Float32Array(buffer, start, length),
};
const double: Omit<Format, "isPlanar"> = {
  sampleBytes: 8,
  scale: 1,
  offset: 0,
  view: (buffer, start, length) => new Float64Array(buffer, start, length),
};

const FORMATS: ReadonlyMap<AVSampleFormat, Format> = new Map([
  [AV_SAMPLE_FMT_U8, { ...u8, isPlanar: false }],
  [AV_SAMPLE_FMT_U8P, { ...u8, isPlanar: true }],
  [AV_SAMPLE_FMT_S16, { ...s16, isPlanar: false }],
  [AV_SAMPLE_FMT_S16P, { ...s16, isPlanar: true }],
  [AV_SAMPLE_FMT_S32, { ...s32, isPlanar: false }],
  [AV_SAMPLE_FMT_S32P, { ...s32, isPlanar: true }],
  [AV_SAMPLE_FMT_FLT, { ...float, isPlanar: false }],
  [AV_SAMPLE_FMT_FLTP, { ...float, isPlanar: true }],
  [AV_SAMPLE_FMT_DBL, { ...double, isPlanar: false }],
  [AV_SAMPLE_FMT_DBLP, { ...double, isPlanar: true }],
]);

/** Louder samples, which only floating-point files can hold, are damage: +36 dBFS. */
const LOUDEST = 64;

/** One array of samples for each channel, 1 being full scale; null when the frame holds none that can be read. */
export function planesOf(frame: Frame): Float32Array[] | null {
  const format = FORMATS.get(frame.format as AVSampleFormat); // SAFETY: the format of an audio frame.
  const { nbSamples, channels } = frame;
  const data = frame.extendedData ?? frame.data;
  if (format === undefined || data === null || nbSamples < 1 || channels < 1) return null;
  const planes: Float32Array[] = [];
  const stride = format.isPlanar ? 1 : channels;
  for (let channel = 0; channel < channels; channel += 1) {
    const bytes = data[format.isPlanar ? channel : 0];
    if (bytes === undefined || bytes.length < nbSamples * stride * format.sampleBytes) return null;
    planes.push(channelOf(bytes, format, { nbSamples, stride, first: format.isPlanar ? 0 : channel }));
  }
  return planes;
}

type Layout = { readonly nbSamples: number; readonly stride: number; readonly first: number };

function channelOf(bytes: Buffer, format: Format, { nbSamples, stride, first }: Layout): Float32Array {
  const isAligned = bytes.byteOffset % format.sampleBytes === 0;
  const source = isAligned ? bytes : Uint8Array.from(bytes);
  const numbers = format.view(source.buffer, source.byteOffset, nbSamples * stride);
  const samples = new Float32Array(nbSamples);
  for (let i = 0; i < nbSamples; i += 1) {
    const value = (numbers[i * stride + first] ?? 0) * format.scale + format.offset;
    samples[i] = value < LOUDEST && value > -LOUDEST ? value : 0;
  }
  return samples;
}
