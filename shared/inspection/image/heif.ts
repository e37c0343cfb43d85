/**
 * HEIC, HEIF and AVIF (ISO/IEC 23008-12): the `meta` box by range. The primary item's properties give the size; the
 * items of type `Exif` and `mime` give the rest.
 */
import { ByteView } from "../byte-view.ts";
import { type Finding, type MetadataDraft, rejected } from "../finding.ts";
import { type Box, boxesIn, findBox, fullBox, topLevelBox } from "../iso-boxes.ts";
import type { RangeReader } from "../range-reader.ts";
import { readExifBlock } from "./exif-block.ts";

/** A phone's picture of 48 tiles has under 10 KiB of `meta`. */
const MAX_META_BYTES = 1024 * 1024;
const MAX_ITEMS = 4096;

type Item = { readonly type: string; readonly contentType: string };

/** Refuses a file without an item table (`truncated`) or whose primary item has no size (`unreadable`). */
export async function inspectHeif(reader: RangeReader): Promise<Finding> {
  const head = new ByteView(await reader.read(0, 12));
  const isSequence = ["avis", "msf1", "hevc", "hevx"].includes(head.latin1(8, 4));
  const metaBox = await topLevelBox(reader, "meta");
  const moovBox = isSequence ? await topLevelBox(reader, "moov") : null;
  if (metaBox === null || metaBox.sizeBytes > MAX_META_BYTES) {
    if (moovBox === null) return rejected("truncated", "the picture ends before its item table");
    return {
      metadata: { isAnimated: true },
      errors: [{ code: "partial_metadata", detail: "an image sequence without a primary item" }],
    };
  }
  const whole = new ByteView(
    await reader.read(metaBox.offset + metaBox.headerBytes, metaBox.sizeBytes - metaBox.headerBytes),
  );
  const meta = whole.slice(4, Math.max(0, whole.length - 4));
  const draft = primaryProperties(meta);
  const items = readItems(meta);
  const exif = await exifOf(reader, meta, items);
  const hasXmp = [...items.values()].some((item) => item.contentType === "application/rdf+xml");
  if (draft.width === undefined) return rejected("unreadable", "the primary item has no picture size", { hasXmp });
  // The orientation in the Exif block repeats what `irot` and `imir` say; the block is what readers show.
  return { metadata: { ...exif, ...draft, hasXmp, isAnimated: moovBox !== null } };
}

function primaryProperties(meta: ByteView): MetadataDraft {
  const container = findBox(meta, ["iprp", "ipco"]);
  if (container === null) return {};
  const properties = [...boxesIn(container)];
  const primary = primaryItem(meta);
  const indices = primary === null ? null : associations(meta, primary);
  const own = indices === null ? properties : indices.flatMap((index) => properties[index - 1] ?? []);
  const draft: MetadataDraft = { hasIccProfile: properties.some(isProfile) };
  for (const property of own) Object.assign(draft, propertyMetadata(property));
  return draft;
}

function primaryItem(meta: ByteView): number | null {
  const pitm = fullBox(findBox(meta, ["pitm"]));
  if (pitm === null) return null;
  return pitm.version === 0 ? pitm.body.u16(0) : pitm.body.u32(0);
}

/** Sought among all properties: a picture of tiles often has its profile on the tiles only. */
function isProfile({ type, body }: Box): boolean {
  return type === "colr" && (body.startsWith("prof") || body.startsWith("rICC"));
}

/** Counter-clockwise quarter turns in the file, clockwise degrees in the contract. */
const TURNS = [0, 270, 180, 90] as const;

function propertyMetadata({ type, body }: Box): MetadataDraft {
  if (type === "ispe" && body.length >= 12) return { width: body.u32(4), height: body.u32(8) };
  if (type === "irot" && body.length >= 1) return { rotationDegrees: TURNS[body.u8(0) & 3] };
  if (type === "pixi" && body.length >= 6) return { bitDepth: body.u8(5) };
  return {};
}

/** Indices (from 1) of the properties of one item, from `ipma`. */
function associations(meta: ByteView, itemId: number): number[] | null {
  const ipma = fullBox(findBox(meta, ["iprp", "ipma"]));
  if (ipma === null) return null;
  const { version, flags, body } = ipma;
  const idBytes = version < 1 ? 2 : 4;
  const isWide = (flags & 1) === 1;
  const items = Math.min(body.u32(0), MAX_ITEMS);
  let at = 4;
  for (let i = 0; i < items; i += 1) {
    const id = idBytes === 2 ? body.u16(at) : body.u32(at);
    const count = body.u8(at + idBytes);
    at += idBytes + 1;
    const step = isWide ? 2 : 1;
    if (id === itemId) {
      return Array.from({ length: count }, (_, n) => (isWide ? body.u16(at + n * 2) & 0x7fff : body.u8(at + n) & 0x7f));
    }
    at += count * step;
  }
  return null;
}

function readItems(meta: ByteView): Map<number, Item> {
  const items = new Map<number, Item>();
  const iinf = fullBox(findBox(meta, ["iinf"]));
  if (iinf === null) return items;
  const from = iinf.version === 0 ? 2 : 4;
  for (const box of boxesIn(iinf.body.slice(from, iinf.body.length - from))) {
    const entry = box.type === "infe" ? fullBox(box.body) : null;
    if (entry === null || entry.version < 2 || items.size >= MAX_ITEMS) continue;
    const idBytes = entry.version === 2 ? 2 : 4;
    if (entry.body.length < idBytes + 6) continue;
    const id = idBytes === 2 ? entry.body.u16(0) : entry.body.u32(0);
    const rest = entry.body.latin1(idBytes + 6, entry.body.length - idBytes - 6).split("\0");
    items.set(id, { type: entry.body.latin1(idBytes + 2, 4), contentType: rest[1] ?? "" });
  }
  return items;
}

async function exifOf(reader: RangeReader, meta: ByteView, items: Map<number, Item>): Promise<MetadataDraft> {
  const wanted = [...items].find(([, item]) => item.type === "Exif")?.[0];
  const place = wanted === undefined ? null : itemLocation(meta, wanted);
  if (place === null) return {};
  const prefix = new ByteView(await reader.read(place.offset, 4));
  if (prefix.length < 4) return {};
  // The block begins with the distance from its end to the TIFF header, which covers an optional "Exif\0\0".
  const skip = 4 + prefix.u32(0);
  return skip >= place.length ? {} : readExifBlock(reader, place.offset + skip, place.length - skip);
}

/** Where an item's first extent lies in the file (`iloc`, construction method 0 only). */
function itemLocation(meta: ByteView, itemId: number): { offset: number; length: number } | null {
  const iloc = fullBox(findBox(meta, ["iloc"]));
  if (iloc === null) return null;
  const { version, body } = iloc;
  const offsetBytes = body.u8(0) >> 4;
  const lengthBytes = body.u8(0) & 15;
  const baseBytes = body.u8(1) >> 4;
  const indexBytes = version === 0 ? 0 : body.u8(1) & 15;
  const idBytes = version < 2 ? 2 : 4;
  const number = (at: number, bytes: number): number =>
    bytes === 0 ? 0 : bytes === 2 ? body.u16(at) : bytes === 4 ? body.u32(at) : body.u64(at);
  const items = Math.min(number(2, idBytes), MAX_ITEMS);
  let at = 2 + idBytes;
  for (let i = 0; i < items; i += 1) {
    const id = number(at, idBytes);
    at += idBytes;
    const method = version === 0 ? 0 : body.u16(at) & 15;
    at += (version === 0 ? 0 : 2) + 2;
    const base = number(at, baseBytes);
    at += baseBytes;
    const extents = body.u16(at);
    at += 2;
    if (id === itemId) {
      if (method !== 0 || extents < 1) return null;
      return {
        offset: base + number(at + indexBytes, offsetBytes),
        length: number(at + indexBytes + offsetBytes, lengthBytes),
      };
    }
    at += extents * (indexBytes + offsetBytes + lengthBytes);
  }
  return null;
}
