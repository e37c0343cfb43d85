/** PNG and APNG (W3C PNG, third edition): chunk headers by range; compressed text is never inflated. */
import { ByteView } from "../byte-view.ts";
import { type Finding, type MetadataDraft, rejected } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";
import { readExifBlock } from "./exif-block.ts";

const MAX_CHUNKS = 4096;
/** Walking the pixels of a large picture for what may follow them costs a block per 64 KiB: this much and no more. */
const MAX_WALK_READS = 7;

/** Refuses a header that is cut (`truncated`) or of no pixels (`unreadable`). */
export async function inspectPng(reader: RangeReader): Promise<Finding> {
  const first = new ByteView(await reader.read(8, 8));
  // Pictures in Apple's own variant have one more chunk before the header.
  const from = first.startsWith("CgBI", 4) ? 8 + 12 + first.u32(0) : 8;
  const header = new ByteView(await reader.read(from - 8, 33));
  if (header.length < 26 || !header.startsWith("IHDR", 12))
    return rejected("truncated", "the picture ends inside its header");
  const colourType = header.u8(25);
  const draft: MetadataDraft = {
    width: header.u32(16),
    height: header.u32(20),
    bitDepth: header.u8(24),
    hasAlpha: colourType === 4 || colourType === 6,
    isAnimated: false,
    hasXmp: false,
    hasIccProfile: false,
  };
  if (draft.width === 0 || draft.height === 0) return rejected("unreadable", "the picture has no pixels");
  const exif = await walkChunks(reader, draft, from + 25);
  return { metadata: { ...exif, ...draft }, ...(draft.isAnimated === true ? { contentType: "image/apng" } : {}) };
}

async function walkChunks(reader: RangeReader, draft: MetadataDraft, from: number): Promise<MetadataDraft> {
  const readsBefore = reader.rangeReads;
  let exif: MetadataDraft = {};
  let at = from;
  for (let i = 0; i < MAX_CHUNKS && reader.rangeReads - readsBefore < MAX_WALK_READS; i += 1) {
    const chunk = new ByteView(await reader.read(at, 8 + 32));
    if (chunk.length < 8) break;
    const length = chunk.u32(0);
    switch (chunk.latin1(4, 4)) {
      case "tRNS":
        draft.hasAlpha = true;
        break;
      case "acTL":
        draft.isAnimated = true;
        break;
      case "iCCP":
        draft.hasIccProfile = true;
        break;
      case "iTXt":
      case "tEXt":
      case "zTXt":
        if (isXmpKeyword(chunk)) draft.hasXmp = true;
        break;
      case "eXIf":
        exif = await readExifBlock(reader, at + 8, length);
        break;
      case "IEND":
        return exif;
      default:
    }
    at += 12 + length;
  }
  return exif;
}

function isXmpKeyword(chunk: ByteView): boolean {
  return chunk.startsWith("XML:com.adobe.xmp", 8) || chunk.startsWith("Raw profile type xmp", 8);
}
