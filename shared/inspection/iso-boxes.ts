/** Boxes of ISO base media files (ISO/IEC 14496-12): headers by range at the top level, bodies in memory below. */
import { ByteView } from "./byte-view.ts";
import type { RangeReader } from "./range-reader.ts";

type TopLevelBox = {
  readonly type: string;
  readonly offset: number;
  readonly headerBytes: number;
  /** Header included; reaches the end of the file when the box says so or claims more. */
  readonly sizeBytes: number;
  readonly isCut: boolean;
};

/** Fragmented films have two boxes a second; what is sought stands before this many, or is given up. */
const MAX_TOP_LEVEL_BOXES = 64;
const MAX_CHILDREN = 4096;

/** The first boxes of the file, in order. Ends at the first header that makes no sense. */
export async function* topLevelBoxes(reader: RangeReader, limit = MAX_TOP_LEVEL_BOXES): AsyncGenerator<TopLevelBox> {
  let offset = 0;
  for (let i = 0; i < limit && offset + 8 <= reader.sizeBytes; i += 1) {
    const head = new ByteView(await reader.read(offset, 16));
    const size32 = head.u32(0);
    const headerBytes = size32 === 1 ? 16 : 8;
    if (head.length < headerBytes) return;
    const declared = size32 === 1 ? head.u64(8) : size32 === 0 ? reader.sizeBytes - offset : size32;
    if (declared < headerBytes) return;
    const sizeBytes = Math.min(declared, reader.sizeBytes - offset);
    yield { type: head.latin1(4, 4), offset, headerBytes, sizeBytes, isCut: sizeBytes < declared };
    offset += declared;
  }
}

/** The first box of a type at the top level, or `null`. */
export async function topLevelBox(reader: RangeReader, type: string): Promise<TopLevelBox | null> {
  for await (const box of topLevelBoxes(reader)) if (box.type === type) return box;
  return null;
}

/** A box in memory: its body without the header. */
export type Box = { readonly type: string; readonly body: ByteView; readonly isCut: boolean };

/** The boxes inside a body, in order; a child that claims more than is left is cut to what is there. */
export function* boxesIn(body: ByteView): Generator<Box> {
  let at = 0;
  for (let i = 0; i < MAX_CHILDREN && at + 8 <= body.length; i += 1) {
    const size32 = body.u32(at);
    const headerBytes = size32 === 1 ? 16 : 8;
    if (at + headerBytes > body.length) return;
    const declared = size32 === 1 ? body.u64(at + 8) : size32 === 0 ? body.length - at : size32;
    if (declared < headerBytes) return;
    const size = Math.min(declared, body.length - at);
    yield {
      type: body.latin1(at + 4, 4),
      body: body.slice(at + headerBytes, size - headerBytes),
      isCut: size < declared,
    };
    at += declared;
  }
}

/** The first box along a path of types, or `null`. */
export function findBox(body: ByteView, path: readonly string[]): ByteView | null {
  let here = body;
  for (const type of path) {
    let next: ByteView | null = null;
    for (const box of boxesIn(here)) {
      if (box.type !== type) continue;
      next = box.body;
      break;
    }
    if (next === null) return null;
    here = next;
  }
  return here;
}

type FullBox = { readonly version: number; readonly flags: number; readonly body: ByteView };

/** Version, flags and the rest of a body; `null` when it is too short to have them. */
export function fullBox(body: ByteView | null): FullBox | null {
  if (body === null || body.length < 4) return null;
  return { version: body.u8(0), flags: body.u32(0) & 0xff_ffff, body: body.slice(4, body.length - 4) };
}
