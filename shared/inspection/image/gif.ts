/** GIF (GIF89a specification): screen descriptor, and blocks up to the second picture. */
import { ByteView } from "../byte-view.ts";
import { type Finding, type MetadataDraft, rejected } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";

/** Frames tell whether the picture moves; XMP stands at the end as often as at the start. */
const MAX_BLOCKS = 4000;
const MAX_WALK_BYTES = 448 * 1024;

/** Refuses a header that is cut (`truncated`). */
export async function inspectGif(reader: RangeReader): Promise<Finding> {
  const header = new ByteView(await reader.read(0, 13));
  if (header.length < 13) return rejected("truncated", "the picture ends inside its header");
  const packed = header.u8(10);
  const draft: MetadataDraft = {
    width: header.u16(6, true),
    height: header.u16(8, true),
    bitDepth: 8,
    hasAlpha: false,
    isAnimated: false,
    hasXmp: false,
    hasIccProfile: false,
  };
  await walkBlocks(reader, 13 + colourTableBytes(packed), draft);
  return { metadata: draft };
}

const colourTableBytes = (packed: number): number => ((packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1));

async function walkBlocks(reader: RangeReader, from: number, draft: MetadataDraft): Promise<void> {
  let frames = 0;
  let at = from;
  for (let i = 0; i < MAX_BLOCKS && at < MAX_WALK_BYTES; i += 1) {
    const head = new ByteView(await reader.read(at, 19));
    if (head.length < 10) return;
    const kind = head.u8(0);
    if (kind === 0x2c) {
      frames += 1;
      if (frames === 2) draft.isAnimated = true;
      at = await skipSubBlocks(reader, at + 11 + colourTableBytes(head.u8(9)));
    } else if (kind === 0x21) {
      if (head.u8(1) === 0xf9 && (head.u8(3) & 1) === 1) draft.hasAlpha = true;
      if (head.startsWith("XMP DataXMP", 3)) draft.hasXmp = true;
      if (head.startsWith("ICCRGBG1", 3)) draft.hasIccProfile = true;
      at = await skipSubBlocks(reader, at + 2);
    } else {
      return;
    }
  }
}

/** Sub-blocks are at most 255 bytes long: they are walked in pieces held in memory, not by a call each. */
async function skipSubBlocks(reader: RangeReader, from: number): Promise<number> {
  const pieceBytes = 16 * 1024;
  let at = from;
  while (at < MAX_WALK_BYTES) {
    const piece = await reader.read(at, pieceBytes);
    let inPiece = 0;
    while (inPiece < piece.length) {
      const size = piece[inPiece] ?? 0;
      inPiece += 1 + size;
      if (size === 0) return at + inPiece;
    }
    if (piece.length < pieceBytes) return MAX_WALK_BYTES;
    at += inPiece;
  }
  return at;
}
