/** Pictures that sharp cannot read (HEIC with HEVC, BMP and rarer ones), by FFmpeg's decoders. */
import { Decoder, Demuxer, Scaler } from "node-av/api";
import type { Packet, Stream } from "node-av/lib";
import type { Metadata } from "../../../../shared/contracts/media.ts";
import type { Picture } from "./picture.ts";

/** A HEIC of a telephone is 48 to 200 tiles; more streams than this are no picture. */
const MAX_TILES = 1024;

type Size = { readonly width: number; readonly height: number };

/**
 * The first picture of the file, or the one that its tiles make together; null when FFmpeg cannot read it. Tiles
 * carry no place of their own: they fill `known.width` x `known.height` row by row, as HEIF's grid derivation has it.
 */
export async function decodeByFfmpeg(
  path: string,
  known: Metadata,
  maxPixels: number,
): Promise<Picture | null | "too_many_pixels"> {
  try {
    await using demuxer = await Demuxer.open(path, { options: { probesize: 5_000_000 } });
    const streams = demuxer.streams.filter((stream) => sizeOf(stream) !== null);
    const [first] = streams;
    const size = first === undefined ? null : sizeOf(first);
    if (first === undefined || size === null) return null;
    if (size.width * size.height > maxPixels) return "too_many_pixels";
    const grid = gridOf(streams, known, size);
    if (grid === null) return (await decodeAll(demuxer, [first]))?.[0] ?? null;
    const tiles = await decodeAll(demuxer, streams.slice(0, grid.columns * grid.rows));
    if (tiles === null) return null;
    return joined(tiles, grid);
  } catch {
    return null; // Why FFmpeg cannot is of no use to a person: the reason that stands is sharp's.
  }
}

function sizeOf(stream: Stream): Size | null {
  const { width, height } = stream.codecpar;
  return width > 0 && height > 0 ? { width, height } : null;
}

type Grid = Size & { readonly columns: number; readonly rows: number };

function gridOf(streams: readonly Stream[], known: Metadata, tile: Size): Grid | null {
  const { width = 0, height = 0 } = known;
  const columns = Math.ceil(width / tile.width);
  const rows = Math.ceil(height / tile.height);
  const count = columns * rows;
  if (count < 2 || count > Math.min(streams.length, MAX_TILES)) return null;
  const alike = streams.slice(0, count).every((stream) => {
    const size = sizeOf(stream);
    return size?.width === tile.width && size.height === tile.height;
  });
  return alike ? { width, height, columns, rows } : null;
}

/** The first picture of each stream, in their order; null where one is missing. Reads the file once. */
async function decodeAll(demuxer: Demuxer, streams: readonly Stream[]): Promise<Picture[] | null> {
  const pictures = new Map<number, Picture>();
  using scaler = new Scaler();
  for await (const packet of demuxer.packets()) {
    if (packet === null) break;
    const stream = streams.find(({ index }) => index === packet.streamIndex);
    if (stream !== undefined && !pictures.has(stream.index)) {
      const picture = await decodeOne(stream, packet, scaler);
      if (picture !== null) pictures.set(stream.index, picture);
    }
    packet.free();
    if (pictures.size === streams.length) break;
  }
  const found = streams.flatMap(({ index }) => pictures.get(index) ?? []);
  return found.length === streams.length ? found : null;
}

async function decodeOne(stream: Stream, packet: Packet, scaler: Scaler): Promise<Picture | null> {
  using decoder = await Decoder.create(stream, { threadCount: 1 });
  const frames = [...(await decoder.decodeAll(packet)), ...(await decoder.decodeAll(null))];
  const [frame] = frames;
  const picture =
    frame === undefined
      ? null
      : { rgb: await scaler.toBuffer(frame, { format: "rgb" }), width: frame.width, height: frame.height };
  for (const one of frames) one.free();
  return picture;
}

function joined(tiles: readonly Picture[], { width, height, columns }: Grid): Picture {
  const rgb = new Uint8Array(width * height * 3);
  tiles.forEach((tile, index) => {
    const left = (index % columns) * tile.width;
    const top = Math.floor(index / columns) * tile.height;
    const rowBytes = Math.min(tile.width, width - left) * 3;
    for (let y = 0; y < Math.min(tile.height, height - top); y += 1) {
      const from = y * tile.width * 3;
      rgb.set(tile.rgb.subarray(from, from + rowBytes), ((top + y) * width + left) * 3);
    }
  });
  return { rgb, width, height };
}
