/** WebP (RFC 9649): chunks by range. */
import { ByteView } from "../byte-view.ts";
import { type Finding, type MetadataDraft, rejected } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";
import { readExifBlock } from "./exif-block.ts";

const MAX_CHUNKS = 2000;

/** Refuses a picture that ends before its first frame (`truncated`). */
export async function inspectWebp(reader: RangeReader): Promise<Finding> {
  let draft: MetadataDraft = { bitDepth: 8, hasAlpha: false, isAnimated: false, hasXmp: false, hasIccProfile: false };
  let exif: MetadataDraft = {};
  let at = 12;
  for (let i = 0; i < MAX_CHUNKS; i += 1) {
    const chunk = new ByteView(await reader.read(at, 30));
    if (chunk.length < 8) break;
    const length = chunk.u32(4, true);
    switch (chunk.latin1(0, 4)) {
      case "VP8X":
        draft = { ...draft, ...extended(chunk) };
        break;
      case "VP8 ":
        draft = { ...lossy(chunk), ...draft };
        break;
      case "VP8L":
        draft = {
          ...draft,
          ...lossless(chunk),
          ...(draft.width === undefined ? {} : { width: draft.width, height: draft.height }),
        };
        break;
      case "EXIF":
        exif = await readExifBlock(reader, at + 8, length);
        break;
      case "XMP ":
        draft.hasXmp = true;
        break;
      case "ICCP":
        draft.hasIccProfile = true;
        break;
      default:
    }
    at += 8 + length + (length & 1);
  }
  if (draft.width === undefined) return rejected("truncated", "the picture ends before its first frame");
  return { metadata: { ...exif, ...draft } };
}

function u24(view: ByteView, at: number): number {
  return view.u16(at, true) | (view.u8(at + 2) << 16);
}

function extended(chunk: ByteView): MetadataDraft {
  if (chunk.length < 18) return {};
  const flags = chunk.u8(8);
  return {
    width: u24(chunk, 12) + 1,
    height: u24(chunk, 15) + 1,
    hasAlpha: (flags & 0x10) !== 0,
    isAnimated: (flags & 0x02) !== 0,
  };
}

/** Key frame header of VP8 (RFC 6386 section 9.1). */
function lossy(chunk: ByteView): MetadataDraft {
  if (chunk.length < 18 || chunk.u8(11) !== 0x9d || chunk.u8(12) !== 0x01) return {};
  return { width: chunk.u16(14, true) & 0x3fff, height: chunk.u16(16, true) & 0x3fff };
}

function lossless(chunk: ByteView): MetadataDraft {
  if (chunk.length < 13 || chunk.u8(8) !== 0x2f) return {};
  const bits = chunk.u32(9, true);
  return {
    width: (bits & 0x3fff) + 1,
    height: ((bits >>> 14) & 0x3fff) + 1,
    hasAlpha: ((bits >>> 28) & 1) === 1,
    isLossless: true,
  };
}
