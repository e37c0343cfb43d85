/** MPEG program streams (ISO/IEC 13818-1 and 11172-1): sequence header, first sound frame, first and last time stamp. */
import { ByteView, indexOfText } from "../byte-view.ts";
import type { Finding, MetadataDraft } from "../finding.ts";
import { audioFrame } from "../mpeg-audio.ts";
import { BLOCK_BYTES, type RangeReader } from "../range-reader.ts";

/** Frame rate codes of ISO/IEC 13818-2 table 6-4. */
const RATES = [0, 24_000 / 1001, 24, 25, 30_000 / 1001, 30, 50, 60_000 / 1001, 60];
const CLOCK_HZ = 90_000;

/** Accepts always; the duration is the distance of the first and the last time stamp of the picture. */
export async function inspectMpegPs(reader: RangeReader): Promise<Finding> {
  const head = new ByteView(await reader.read(0, 2 * BLOCK_BYTES));
  const tail = new ByteView(await reader.read(Math.max(0, reader.sizeBytes - BLOCK_BYTES), BLOCK_BYTES));
  const first = times(head)[0];
  const last = times(tail).at(-1);
  const seconds = first === undefined || last === undefined || last < first ? null : (last - first) / CLOCK_HZ;
  return {
    metadata: {
      container: "MPEG-PS",
      ...picture(head),
      ...sound(head),
      ...(seconds === null || seconds === 0 ? {} : { durationSeconds: seconds, durationSource: "computed" as const }),
    },
  };
}

function picture(head: ByteView): MetadataDraft {
  const at = indexOfText(head.bytes, "\0\0\x01\xb3");
  if (at === -1 || at + 8 > head.length) return {};
  const isSecond = indexOfText(head.bytes, "\0\0\x01\xb5", at) !== -1;
  const size = head.u32(at + 4);
  return {
    videoCodec: isSecond ? "mpeg2video" : "mpeg1video",
    width: size >>> 20,
    height: (size >>> 8) & 0xfff,
    rotationDegrees: 0,
    framesPerSecond: RATES[size & 15],
  };
}

function sound(head: ByteView): MetadataDraft {
  const packet = indexOfText(head.bytes, "\0\0\x01\xc0");
  if (packet === -1) return {};
  const end = Math.min(head.length, packet + 6 + head.u16(packet + 4));
  for (let at = packet + 6; at < end; at += 1) {
    const frame = audioFrame(head, at);
    if (frame !== null) return { audioCodec: frame.codec, channels: frame.channels, sampleRateHz: frame.sampleRateHz };
  }
  return {};
}

/** Presentation times of the picture's packets (stream 0xe0), in ticks of 90 kHz. */
function times(view: ByteView): number[] {
  const found: number[] = [];
  let at = indexOfText(view.bytes, "\0\0\x01\xe0");
  while (at !== -1 && at + 24 <= view.length) {
    const stamp = packetTime(view, at + 6);
    if (stamp !== null) found.push(stamp);
    at = indexOfText(view.bytes, "\0\0\x01\xe0", at + 4);
  }
  return found.toSorted((a, b) => a - b);
}

function packetTime(view: ByteView, from: number): number | null {
  if (view.u8(from) >> 6 === 2) return (view.u8(from + 1) & 0x80) === 0 ? null : stampAt(view, from + 3);
  // MPEG-1: stuffing bytes, an optional buffer size, then the stamp's own marker.
  let at = from;
  while (at < from + 16 && at + 8 < view.length && view.u8(at) === 0xff) at += 1;
  if (view.u8(at) >> 6 === 1) at += 2;
  const marker = view.u8(at) >> 4;
  return marker === 2 || marker === 3 ? stampAt(view, at) : null;
}

function stampAt(view: ByteView, at: number): number | null {
  if (at + 5 > view.length) return null;
  return ((view.u8(at) >> 1) & 7) * 2 ** 30 + (view.u16(at + 1) >> 1) * 2 ** 15 + (view.u16(at + 3) >> 1);
}
