/** Length of an Ogg file: the granule positions of its first and last pages (RFC 3533; RFC 7845 for Opus). */
import { ByteView, indexOfText } from "../byte-view.ts";
import { BLOCK_BYTES, type RangeReader } from "../range-reader.ts";

/** Pages are at most 65,307 bytes, so that the last two blocks hold one whole page. */
const TAIL_BYTES = 2 * BLOCK_BYTES;
const MAX_STREAMS = 16;

type Stream = { readonly rateHz: number; readonly skipSamples: number };

/** Seconds of the longest sound stream; `null` when no page at the end belongs to one that is known. */
export async function lastPageSeconds(reader: RangeReader): Promise<number | null> {
  const streams = soundStreams(new ByteView(await reader.read(0, BLOCK_BYTES)));
  const tail = new ByteView(await reader.read(Math.max(0, reader.sizeBytes - TAIL_BYTES), TAIL_BYTES));
  let longest: number | null = null;
  for (
    let at = indexOfText(tail.bytes, "OggS");
    at !== -1 && at + 27 <= tail.length;
    at = indexOfText(tail.bytes, "OggS", at + 4)
  ) {
    const stream = streams.get(tail.u32(at + 14, true));
    const granule = tail.u64(at + 6, true);
    // All ones: no packet ends on this page.
    if (stream === undefined || granule >= 2 ** 63) continue;
    longest = Math.max(longest ?? 0, (granule - stream.skipSamples) / stream.rateHz);
  }
  return longest;
}

function soundStreams(head: ByteView): Map<number, Stream> {
  const streams = new Map<number, Stream>();
  let at = head.startsWith("OggS") ? 0 : -1;
  while (at !== -1 && at + 27 < head.length && streams.size < MAX_STREAMS) {
    const isFirst = (head.u8(at + 5) & 2) === 2;
    const body = at + 27 + head.u8(at + 26);
    const stream = isFirst ? identify(head, body) : null;
    if (stream !== null) streams.set(head.u32(at + 14, true), stream);
    at = indexOfText(head.bytes, "OggS", at + 4);
  }
  return streams;
}

function identify(head: ByteView, at: number): Stream | null {
  if (at + 48 > head.length) return null;
  const stream = (rateHz: number, skipSamples = 0): Stream | null => (rateHz > 0 ? { rateHz, skipSamples } : null);
  if (head.startsWith("\x01vorbis", at)) return stream(head.u32(at + 12, true));
  if (head.startsWith("OpusHead", at)) return stream(48_000, head.u16(at + 10, true));
  if (head.startsWith("Speex   ", at)) return stream(head.u32(at + 36, true));
  if (head.startsWith("\x7fFLAC", at)) return stream(head.u32(at + 27) >>> 12);
  return null;
}
