/**
 * Zip archives (PKWARE APPNOTE 6.3) by range: the central directory, and single entries inflated up to a cap.
 *
 * Z1  No more is inflated than asked for: a bomb costs its cap, not its content.
 * Z2  A directory over the limits is a `bomb`, never read.
 */
import { Inflate } from "fflate";
import { ByteView, TruncatedError } from "../byte-view.ts";
import type { RangeReader } from "../range-reader.ts";

const MAX_DIRECTORY_BYTES = 4 * 1024 * 1024;
/** Documents of thousands of slides stay below; 60,000-entry bombs do not. */
const MAX_ENTRIES = 20_000;
/** Deflate packs 1,032 to 1 at best; real documents pack XML 30 to 1 and nothing large above 200. */
const MAX_RATIO = 200;
const RATIO_FROM_BYTES = 32 * 1024 * 1024;
const STEP_BYTES = 2048;
const EOCD_SEARCH_BYTES = 65_557;

/** One line of the central directory; lengths are as declared. */
export type ZipEntry = {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly headerOffset: number;
};

/** The archive is built to exhaust whoever opens it. */
export class ZipBombError extends Error {
  override readonly name = "ZipBombError";
}

/** Entries by name, the first of each. Throws `ZipBombError`, or `TruncatedError` when there is no directory. */
export async function readDirectory(reader: RangeReader): Promise<Map<string, ZipEntry>> {
  const tailOffset = Math.max(0, reader.sizeBytes - EOCD_SEARCH_BYTES);
  const tail = new ByteView(await reader.read(tailOffset, EOCD_SEARCH_BYTES));
  const at = endRecord(tail);
  if (at === -1) throw new TruncatedError("the archive has no directory: its end is missing");
  let count = tail.u16(at + 10, true);
  let length = tail.u32(at + 12, true);
  let offset = tail.u32(at + 16, true);
  if (count === 0xffff || length === 0xffff_ffff || offset === 0xffff_ffff) {
    const locator = at - 20;
    if (locator >= 0 && tail.u32(locator, true) === 0x0706_4b50) {
      const end64 = new ByteView(await reader.read(tail.u64(locator + 8, true), 56));
      count = end64.u64(32, true);
      length = end64.u64(40, true);
      offset = end64.u64(48, true);
    }
  }
  if (count > MAX_ENTRIES || length > MAX_DIRECTORY_BYTES) throw new ZipBombError(`the archive has ${count} entries`);
  const endOffset = tailOffset + at;
  // Bytes put before an archive move it: its directory ends where the end record begins.
  const start =
    offset + length <= endOffset && (await isDirectoryAt(reader, offset)) ? offset : Math.max(0, endOffset - length);
  return parseDirectory(new ByteView(await reader.read(start, length)));
}

function endRecord(tail: ByteView): number {
  for (let at = tail.length - 22; at >= 0; at -= 1)
    if (tail.u8(at) === 0x50 && tail.u32(at, true) === 0x0605_4b50) return at;
  return -1;
}

async function isDirectoryAt(reader: RangeReader, offset: number): Promise<boolean> {
  const bytes = new ByteView(await reader.read(offset, 4));
  return bytes.length === 4 && bytes.u32(0, true) === 0x0201_4b50;
}

function parseDirectory(view: ByteView): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  let packed = 0;
  let unpacked = 0;
  let at = 0;
  while (at + 46 <= view.length && view.u32(at, true) === 0x0201_4b50) {
    const nameBytes = view.u16(at + 28, true);
    const entry = {
      name: view.utf8(at + 46, Math.min(nameBytes, view.length - at - 46)),
      method: view.u16(at + 10, true),
      isEncrypted: (view.u16(at + 8, true) & 1) === 1,
      packedBytes: view.u32(at + 20, true),
      sizeBytes: view.u32(at + 24, true),
      headerOffset: view.u32(at + 42, true),
    };
    packed += entry.packedBytes;
    unpacked += entry.sizeBytes;
    if (!entries.has(entry.name)) entries.set(entry.name, entry);
    at += 46 + nameBytes + view.u16(at + 30, true) + view.u16(at + 32, true);
  }
  if (unpacked > RATIO_FROM_BYTES && unpacked > packed * MAX_RATIO) {
    throw new ZipBombError(`${packed} bytes unpack to ${unpacked}`);
  }
  return entries;
}

/** At most the first `maxBytes` of the entry. Throws `ZipBombError` for one that lies about its length, `TruncatedError` for an entry that is not where it should be. */
export async function readEntry(reader: RangeReader, entry: ZipEntry, maxBytes: number): Promise<Uint8Array> {
  const header = new ByteView(await reader.read(entry.headerOffset, 30));
  if (header.length < 30 || header.u32(0, true) !== 0x0403_4b50) throw new TruncatedError("an entry is missing");
  const from = entry.headerOffset + 30 + header.u16(26, true) + header.u16(28, true);
  if (entry.method === 0) return reader.read(from, Math.min(entry.packedBytes, maxBytes));
  if (entry.method !== 8) throw new TruncatedError("an entry is packed by an unknown method");
  const packed = await reader.read(from, Math.min(entry.packedBytes, maxBytes));
  const bytes = inflateUpTo(packed, maxBytes);
  if (bytes.length > entry.sizeBytes) throw new ZipBombError("an entry unpacks to more than it declares");
  return bytes;
}

function inflateUpTo(packed: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  const inflate = new Inflate((part) => {
    parts.push(part);
    total += part.length;
  });
  try {
    for (let at = 0; at < packed.length && total < maxBytes; at += STEP_BYTES) {
      inflate.push(packed.subarray(at, at + STEP_BYTES), at + STEP_BYTES >= packed.length);
    }
  } catch {
    // Broken or cut data: what came out before it is what there is.
  }
  const out = new Uint8Array(Math.min(total, maxBytes));
  let filled = 0;
  for (const part of parts) {
    const fits = part.subarray(0, out.length - filled);
    out.set(fits, filled);
    filled += fits.length;
  }
  return out;
}
