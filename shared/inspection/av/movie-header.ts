/**
 * The `moov` box read without any library: what the tracks are, and whether the sample tables are fit to be expanded.
 *
 * A parser that expands `stts` and `ctts` counts as declared works for hours on a few flipped bits; a header that
 * fails here is described by this summary alone.
 */
import { ByteView } from "../byte-view.ts";
import { type Box, boxesIn, findBox, fullBox, topLevelBoxes } from "../iso-boxes.ts";
import type { RangeReader } from "../range-reader.ts";

/** A demuxer takes seven times the header in memory; longer ones (a day of film) are the agent's. */
const MAX_MOOV_BYTES = 8 * 1024 * 1024;
const MAX_TRACKS = 256;

/** One `trak` box. */
export type TrackHeader = {
  readonly handler: string;
  /** Four-character code of the first sample description. */
  readonly sampleEntry: string;
  readonly entry: ByteView | null;
  readonly sampleCount: number;
  readonly timescale: number;
  /** Sum of the sample durations; `null` when there are none (fragmented). */
  readonly mediaSeconds: number | null;
  readonly rotationDegrees: 0 | 90 | 180 | 270;
};

/** One `moov` box. */
export type MovieHeader = {
  readonly durationSeconds: number | null;
  readonly isFragmented: boolean;
  readonly tracks: readonly TrackHeader[];
  /** Why the sample tables must not be expanded; empty when they may. */
  readonly problems: readonly string[];
  /** The header is too long to be read here; only its duration is known. */
  readonly isHuge: boolean;
  /** The file ends inside its media data. */
  readonly isCut: boolean;
};

type MovieLookup = { readonly header: MovieHeader | null; readonly sizeBytes: number };

/** `header: null` when the file has no `moov` box; `sizeBytes` is the box's. Beyond 8 MiB only the duration is read. */
export async function readMovieHeader(reader: RangeReader): Promise<MovieLookup> {
  let isCut = false;
  let moov: { offset: number; length: number } | null = null;
  let hasFragments = false;
  for await (const box of topLevelBoxes(reader)) {
    isCut ||= box.isCut;
    if (box.type === "moov" && moov === null)
      moov = { offset: box.offset + box.headerBytes, length: box.sizeBytes - box.headerBytes };
    if (box.type === "moof") hasFragments = true;
    if (moov !== null && hasFragments) break;
  }
  if (moov === null) return { header: null, sizeBytes: 0 };
  const isHuge = moov.length > MAX_MOOV_BYTES;
  const body = new ByteView(await reader.read(moov.offset, isHuge ? 4096 : moov.length));
  const header = summarise(body, hasFragments);
  const problems = isHuge ? ["the movie header is longer than 8 MiB"] : header.problems;
  return { header: { ...header, problems, isHuge, isCut }, sizeBytes: moov.length };
}

function summarise(moov: ByteView, hasFragments: boolean): Omit<MovieHeader, "isCut" | "isHuge"> {
  const problems: string[] = [];
  const tracks: TrackHeader[] = [];
  let durationSeconds: number | null = null;
  let isFragmented = hasFragments;
  for (const box of boxesIn(moov)) {
    if (box.isCut) problems.push(`${box.type} ends past the movie header`);
    if (box.type === "mvhd") durationSeconds = headerSeconds(box.body);
    if (box.type === "mvex") isFragmented = true;
    if (box.type !== "trak" || tracks.length >= MAX_TRACKS) continue;
    const track = attempt(() => trackHeader(box.body, problems));
    if (track === null) problems.push("a track header is cut short");
    else tracks.push(track);
  }
  return { durationSeconds, isFragmented, tracks, problems };
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    // The only error here is TruncatedError: the box is shorter than its own structure.
    return null;
  }
}

/** `mvhd` and `mdhd` have time scale and duration at the same places. */
function timing(body: ByteView): { timescale: number; duration: number } | null {
  const box = fullBox(body);
  if (box === null) return null;
  const isLong = box.version === 1;
  if (box.body.length < (isLong ? 28 : 16)) return null;
  const duration = isLong ? box.body.u64(20) : box.body.u32(12);
  const isUnknown = !isLong && duration === 0xffff_ffff;
  return { timescale: box.body.u32(isLong ? 16 : 8), duration: isUnknown ? 0 : duration };
}

function headerSeconds(body: ByteView): number | null {
  const found = timing(body);
  return found === null || found.timescale === 0 || found.duration === 0 ? null : found.duration / found.timescale;
}

function trackHeader(trak: ByteView, problems: string[]): TrackHeader {
  const handlerBox = fullBox(findBox(trak, ["mdia", "hdlr"]));
  const media = findBox(trak, ["mdia", "mdhd"]);
  const timescale = (media === null ? null : timing(media))?.timescale ?? 0;
  if (timescale === 0) problems.push("a track has no time scale");
  const table = findBox(trak, ["mdia", "minf", "stbl"]) ?? trak.slice(0, 0);
  const entry = sampleEntry(table);
  const { sampleCount, ticks } = sampleTable(table, problems);
  return {
    handler: handlerBox === null || handlerBox.body.length < 8 ? "" : handlerBox.body.latin1(4, 4),
    sampleEntry: entry?.type ?? "",
    entry: entry?.body ?? null,
    sampleCount,
    timescale,
    mediaSeconds: ticks === 0 || timescale === 0 ? null : ticks / timescale,
    rotationDegrees: rotationOf(trak),
  };
}

function sampleEntry(table: ByteView): Box | null {
  const descriptions = fullBox(findBox(table, ["stsd"]))?.body;
  if (descriptions === undefined || descriptions.length < 4) return null;
  for (const box of boxesIn(descriptions.slice(4, descriptions.length - 4))) return box;
  return null;
}

function sampleTable(table: ByteView, problems: string[]): { sampleCount: number; ticks: number } {
  const sampleCount = sizesCount(table);
  const times = runs(table, "stts", problems);
  const offsets = runs(table, "ctts", problems);
  if (times !== null && times.samples > sampleCount) problems.push("stts counts more samples than there are");
  if (offsets !== null && offsets.samples > sampleCount) problems.push("ctts counts more samples than there are");
  return { sampleCount, ticks: times?.ticks ?? 0 };
}

function rotationOf(trak: ByteView): 0 | 90 | 180 | 270 {
  const header = fullBox(findBox(trak, ["tkhd"]));
  const matrixAt = header?.version === 1 ? 48 : 36;
  return header === null || header.body.length < matrixAt + 36 ? 0 : rotation(header.body, matrixAt);
}

/** Clockwise turn of the display matrix; anything but quarter turns counts as none. */
function rotation(body: ByteView, at: number): 0 | 90 | 180 | 270 {
  const a = body.i32(at);
  const b = body.i32(at + 4);
  if (a === 0 && b > 0) return 90;
  if (a === 0 && b < 0) return 270;
  return a < 0 && b === 0 && body.i32(at + 16) < 0 ? 180 : 0;
}

function sizesCount(table: ByteView): number {
  const box = fullBox(findBox(table, ["stsz"])) ?? fullBox(findBox(table, ["stz2"]));
  return box === null || box.body.length < 8 ? 0 : box.body.u32(4);
}

function runs(table: ByteView, type: string, problems: string[]): { samples: number; ticks: number } | null {
  const box = fullBox(findBox(table, [type]));
  if (box === null || box.body.length < 4) return null;
  const count = box.body.u32(0);
  if (4 + count * 8 > box.body.length) {
    problems.push(`${type} declares more entries than it holds`);
    return null;
  }
  let samples = 0;
  let ticks = 0;
  for (let i = 0; i < count; i += 1) {
    const repeated = box.body.u32(4 + i * 8);
    samples += repeated;
    ticks += repeated * box.body.u32(8 + i * 8);
  }
  return { samples, ticks };
}
