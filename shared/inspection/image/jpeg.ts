/** JPEG (ITU-T T.81): markers by range, until the scan begins. */
import { ByteView, indexOfText } from "../byte-view.ts";
import { type Finding, type MetadataDraft, rejected } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";
import { readExifBlock } from "./exif-block.ts";

/** A picture has a few dozen segments; a file of nothing but markers ends here. */
const MAX_SEGMENTS = 2000;

type Segment = { readonly marker: number; readonly at: number; readonly length: number; readonly head: ByteView };

/** Refuses a picture without a frame header (`truncated`). */
export async function inspectJpeg(reader: RangeReader): Promise<Finding> {
  const draft: MetadataDraft = { hasXmp: false, hasIccProfile: false, hasAlpha: false, isAnimated: false };
  for await (const segment of segments(reader)) {
    const { marker, head } = segment;
    if (marker === 0xe1) await readApplicationSegment(reader, segment, draft);
    if (marker === 0xe2 && head.startsWith("ICC_PROFILE\0", 4)) draft.hasIccProfile = true;
    if (isFrameHeader(marker) && head.length >= 10 && draft.width === undefined) {
      Object.assign(draft, { height: head.u16(5), width: head.u16(7), bitDepth: head.u8(4) });
    }
  }
  return draft.width === undefined
    ? rejected("truncated", "the picture ends before its frame header")
    : { metadata: draft };
}

/** Segments with a length, up to the scan; bytes that are no marker are passed over. */
async function* segments(reader: RangeReader): AsyncGenerator<Segment> {
  let at = 2;
  for (let i = 0; i < MAX_SEGMENTS; i += 1) {
    const head = new ByteView(await reader.read(at, 48));
    if (head.length < 4) return;
    const marker = head.u8(1);
    if (head.u8(0) !== 0xff || marker === 0xff) {
      at += 1;
    } else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
    } else if (marker === 0xda || marker === 0xd9) {
      return;
    } else {
      const length = Math.max(2, head.u16(2));
      yield { marker, at, length, head };
      at += 2 + length;
    }
  }
}

/** APP1 holds Exif, or XMP under Adobe's name, or XMP under none. */
async function readApplicationSegment(
  reader: RangeReader,
  { at, length, head }: Segment,
  draft: MetadataDraft,
): Promise<void> {
  if (head.startsWith("Exif\0", 4)) {
    const isFirst = draft.cameraMake === undefined && draft.orientation === undefined;
    if (isFirst) Object.assign(draft, await readExifBlock(reader, at + 4, length - 2));
  } else if (draft.hasXmp !== true) {
    const isNamed = head.startsWith("http://ns.adobe.com/x", 4);
    draft.hasXmp = isNamed || indexOfText(await reader.read(at, length), "<x:xmpmeta") !== -1;
  }
}

/** SOF0 to SOF15 without the three that are tables (DHT, JPG, DAC). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
