/** Elementary stream descriptors (ISO/IEC 14496-1, 7.2.6): `mp4a` and `mp4v` hold any MPEG coding, `esds` tells which. */
import type { ByteView } from "../byte-view.ts";
import { findBox } from "../iso-boxes.ts";

/** Object types registered at mp4ra.org. */
const OBJECT_TYPES: Readonly<Record<number, string>> = {
  0x20: "mpeg4",
  0x21: "h264",
  0x23: "hevc",
  0x40: "aac",
  0x66: "aac",
  0x67: "aac",
  0x68: "aac",
  0x69: "mp3",
  0x6b: "mp3",
  0x60: "mpeg2video",
  0x61: "mpeg2video",
  0x62: "mpeg2video",
  0x63: "mpeg2video",
  0x64: "mpeg2video",
  0x65: "mpeg2video",
  0x6a: "mpeg1video",
  0x6c: "mjpeg",
  0x6d: "png",
  0xa3: "vc1",
  0xa5: "ac3",
  0xa6: "eac3",
  0xa9: "dts",
  0xad: "opus",
  0xdd: "vorbis",
  0xe1: "qcelp",
};

/** The codec of a sample entry's `esds`, or `null` when it has none that is known. */
export function esdsCodec(entry: ByteView, kind: "sound" | "picture"): string | null {
  const from = kind === "picture" ? 78 : soundEntryBytes(entry.u16(8));
  if (from >= entry.length) return null;
  const boxes = entry.slice(from, entry.length - from);
  const esds = findBox(boxes, ["esds"]) ?? findBox(boxes, ["wave", "esds"]);
  if (esds === null || esds.length < 8) return null;
  try {
    return objectTypeCodec(esds.slice(4, esds.length - 4));
  } catch {
    // TruncatedError: the descriptor is shorter than it says, and the sample entry's name has to do.
    return null;
  }
}

/** QuickTime's sound descriptions of version 1 and 2 have more fields before their boxes. */
function soundEntryBytes(version: number): number {
  return version === 1 ? 44 : version === 2 ? 64 : 28;
}

function objectTypeCodec(body: ByteView): string | null {
  const stream = descriptor(body, 3);
  if (stream === null) return null;
  const flags = stream.u8(2);
  const urlAt = 3 + ((flags & 0x80) === 0 ? 0 : 2);
  const urlBytes = (flags & 0x40) === 0 ? 0 : 1 + stream.u8(urlAt);
  const skip = urlAt + urlBytes + ((flags & 0x20) === 0 ? 0 : 2);
  const decoder = descriptor(stream.slice(skip, stream.length - skip), 4);
  return decoder === null ? null : (OBJECT_TYPES[decoder.u8(0)] ?? null);
}

/** The body of the descriptor at the start, when it has the tag; lengths are in groups of seven bits. */
function descriptor(view: ByteView, tag: number): ByteView | null {
  if (view.length < 2 || view.u8(0) !== tag) return null;
  let at = 1;
  let length = 0;
  for (let i = 0; i < 4; i += 1) {
    const byte = view.u8(at);
    at += 1;
    length = length * 128 + (byte & 0x7f);
    if (byte < 0x80) break;
  }
  return view.slice(at, Math.min(length, view.length - at));
}
