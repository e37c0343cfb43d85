/**
 * Image file directories (TIFF 6.0, and BigTIFF) read by range: the structure of TIFF files and of every Exif block.
 * All offsets are relative to the start of the source given, so an Exif block is read as a file of its own.
 */
import { ByteView } from "./byte-view.ts";

/** Bytes from an offset; fewer at the end. */
type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8] as const;
/** More entries than any camera writes; a directory that claims more is broken. */
const MAX_ENTRIES = 1024;
/** Longer values (strips, maker notes, thumbnails) are not metadata and stay unread. */
const MAX_VALUE_BYTES = 64 * 1024;

type Entry = { readonly type: number; readonly count: number; readonly value: ByteView };

type ReadNumber = (view: ByteView, at: number, littleEndian: boolean) => number;

const u8: ReadNumber = (view, at) => view.u8(at);
const u32: ReadNumber = (view, at, le) => view.u32(at, le);
const u64: ReadNumber = (view, at, le) => view.u64(at, le);

/** By type: BYTE, SHORT, LONG, RATIONAL, their signed kinds, FLOAT, DOUBLE, IFD, and BigTIFF's 64-bit kinds. */
const NUMBERS: Readonly<Record<number, ReadNumber>> = {
  1: u8,
  3: (view, at, le) => view.u16(at, le),
  4: u32,
  5: (view, at, le) => view.u32(at, le) / view.u32(at + 4, le),
  6: (view, at) => (view.u8(at) << 24) >> 24,
  7: u8,
  8: (view, at, le) => (view.u16(at, le) << 16) >> 16,
  9: (view, at, le) => view.i32(at, le),
  10: (view, at, le) => view.i32(at, le) / view.i32(at + 4, le),
  11: (view, at, le) => view.f32(at, le),
  12: (view, at, le) => view.f64(at, le),
  13: u32,
  16: u64,
  17: u64,
  18: u64,
};

/** One directory: values by tag number. Texts are decoded as UTF-8, which Exif's ASCII is part of. */
export class Ifd {
  readonly #entries: ReadonlyMap<number, Entry>;
  readonly #littleEndian: boolean;
  /** Tags that are there but whose values are too long to be read, too. */
  readonly tags: ReadonlySet<number>;

  constructor(entries: ReadonlyMap<number, Entry>, tags: ReadonlySet<number>, littleEndian: boolean) {
    this.#entries = entries;
    this.tags = tags;
    this.#littleEndian = littleEndian;
  }

  text(tag: number): string | null {
    const entry = this.#entries.get(tag);
    if (entry === undefined || (entry.type !== 2 && entry.type !== 7)) return null;
    const value = entry.value.utf8(0, entry.value.length);
    const end = value.indexOf("\0");
    const text = (end === -1 ? value : value.slice(0, end)).trim();
    return text === "" ? null : text;
  }

  number(tag: number): number | null {
    const value = this.numbers(tag)[0];
    return value === undefined || !Number.isFinite(value) ? null : value;
  }

  /** All values as numbers; a rational with denominator 0 is not finite. */
  numbers(tag: number): number[] {
    const entry = this.#entries.get(tag);
    if (entry === undefined || entry.type === 2) return [];
    const bytes = TYPE_BYTES[entry.type] ?? 0;
    const read = NUMBERS[entry.type];
    if (bytes === 0 || read === undefined) return [];
    const count = Math.min(entry.count, Math.floor(entry.value.length / bytes), 64);
    return Array.from({ length: count }, (_, i) => read(entry.value, i * bytes, this.#littleEndian));
  }
}

type TiffDirectories = { readonly image: Ifd; readonly exif: Ifd | null; readonly gps: Ifd | null };

/** Reads the first directory and the Exif and GPS directories it points to; `null` when this is no TIFF structure. */
export async function readTiff(readAt: ReadAt): Promise<TiffDirectories | null> {
  const head = new ByteView(await readAt(0, 16));
  if (head.length < 8) return null;
  const order = head.latin1(0, 2);
  if (order !== "II" && order !== "MM") return null;
  const le = order === "II";
  const magic = head.u16(2, le);
  const isBig = magic === 43;
  if (magic !== 42 && !isBig) return null;
  const layout = { le, isBig, readAt };
  const image = await readIfd(layout, isBig ? head.u64(8, le) : head.u32(4, le));
  if (image === null) return null;
  const follow = async (tag: number): Promise<Ifd | null> => {
    const offset = image.number(tag);
    return offset === null ? null : readIfd(layout, offset);
  };
  return { image, exif: await follow(0x8769), gps: await follow(0x8825) };
}

type Layout = { readonly le: boolean; readonly isBig: boolean; readonly readAt: ReadAt };

/** Bytes of the parts of a directory in the classic and the big layout. */
const CLASSIC = { countBytes: 2, entryBytes: 12, inlineBytes: 4 } as const;
const BIG = { countBytes: 8, entryBytes: 20, inlineBytes: 8 } as const;

async function readIfd({ le, isBig, readAt }: Layout, offset: number): Promise<Ifd | null> {
  const { countBytes, entryBytes, inlineBytes } = isBig ? BIG : CLASSIC;
  const counter = new ByteView(await readAt(offset, countBytes));
  if (counter.length < countBytes) return null;
  const count = isBig ? counter.u64(0, le) : counter.u16(0, le);
  if (count > MAX_ENTRIES) return null;
  const table = new ByteView(await readAt(offset + countBytes, count * entryBytes));
  const number = (at: number): number => (isBig ? table.u64(at, le) : table.u32(at, le));

  const entries = new Map<number, Entry>();
  const tags = new Set<number>();
  for (let at = 0; at + entryBytes <= table.length; at += entryBytes) {
    const tag = table.u16(at, le);
    const type = table.u16(at + 2, le);
    const values = number(at + 4);
    const bytes = (TYPE_BYTES[type] ?? 0) * values;
    tags.add(tag);
    if (bytes === 0 || bytes > MAX_VALUE_BYTES || entries.has(tag)) continue;
    const valueAt = at + entryBytes - inlineBytes;
    if (bytes <= inlineBytes) {
      entries.set(tag, { type, count: values, value: table.slice(valueAt, bytes) });
    } else if (OUTSIDE_TAGS.has(tag)) {
      entries.set(tag, { type, count: values, value: new ByteView(await readAt(number(valueAt), bytes)) });
    }
  }
  return new Ifd(entries, tags, le);
}

/** Values outside of the table that are worth a read. */
const OUTSIDE_TAGS = new Set([
  0x0102, 0x010e, 0x010f, 0x0110, 0x0131, 0x0132, 0x013b, 0x829a, 0x829d, 0x8827, 0x8833, 0x9003, 0x9004, 0x920a,
  0xa434, 1, 2, 3, 4, 5, 6,
]);
