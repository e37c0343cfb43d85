/**
 * The corpus's truth (what ffprobe, mediainfo, exiftool, pdfinfo and the zip's own properties say) against `Metadata`.
 *
 * Tolerances: durations 2 % or 0.1 s, frame rates 2 %, positions 1e-4 degrees, lengths and exposures 1 %, else equal.
 * Codec names are compared by family, for the oracles agree on no finer name: `h264` is `avc`, every `pcm_*` is `pcm`,
 * every `adpcm_*` is `adpcm`. Texts are compared without outer white space, artists by the first of several. Instants
 * are compared as written, to the second, without their zone's minutes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Metadata } from "../../shared/contracts/media.ts";

const Truth = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
type Truth = z.infer<typeof Truth>;

/** A line of the manifest; `truth` is null for files that the oracles refused. */
export const CorpusEntry = z.object({
  path: z.string(),
  kind: z.enum(["av", "image", "pdf", "doc"]),
  ext: z.string(),
  tier: z.enum(["core", "hostile"]),
  bytes: z.number(),
  truth: Truth.nullable(),
});
export type CorpusEntry = z.infer<typeof CorpusEntry>;

/** The manifest's lines; throws when the folder has none. */
export function readManifest(corpusDir: string): CorpusEntry[] {
  return readFileSync(join(corpusDir, "manifest.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => CorpusEntry.parse(JSON.parse(line)));
}

/** `missing`: the metadata has no such field. */
export type Agreement = "agree" | "differ" | "missing";

type Value = string | number | boolean;
type Field = {
  readonly of: (metadata: Metadata) => Value | undefined;
  readonly same: (truth: Value, found: Value) => boolean;
};

const near =
  (ratio: number, floor = 0) =>
  (truth: Value, found: Value): boolean =>
    Math.abs(Number(truth) - Number(found)) <= Math.max(Math.abs(Number(truth)) * ratio, floor);
const equal = (truth: Value, found: Value): boolean => String(truth) === String(found);
const text = (truth: Value, found: Value): boolean => plain(truth) === plain(found);

function plain(value: Value): string {
  return String(value).normalize("NFC").replaceAll(/\s+/g, " ").trim();
}

function firstArtist(truth: Value, found: Value): boolean {
  const first = (value: Value): string => plain(plain(value).split(/[;/]/)[0] ?? "");
  return text(truth, found) || first(truth) === first(found);
}

function codecFamily(name: Value): string {
  const codec = String(name);
  if (codec === "h264") return "avc";
  if (codec === "wmav1" || codec === "wmav2" || codec === "wmapro") return "wma";
  if (codec.startsWith("musepack")) return "musepack";
  return /^(pcm|adpcm|prores|mpeg4)/.exec(codec)?.[1] ?? codec;
}

const codec = (truth: Value, found: Value): boolean => codecFamily(truth) === codecFamily(found);

function instant(truth: Value, found: Value): boolean {
  const digits = (value: Value): string => String(value).replaceAll(/\D/g, "").slice(0, 14);
  const zone = (value: Value): string =>
    /(?:Z|[+-]\d{2})(?=:?\d{0,2}$)/.exec(String(value).slice(19))?.[0].replace(/^[+-]00$/, "Z") ?? "";
  const isZoned = zone(truth) !== "" && zone(found) !== "";
  return digits(truth) === digits(found) && (!isZoned || zone(truth) === zone(found));
}

/** pdfinfo writes `595.276 x 841.89 pts (A4)` with six significant digits. */
function pageSize(truth: Value, found: Value): boolean {
  const [width, height] = String(truth)
    .split(/ x | pts/)
    .map(Number);
  const [foundWidth, foundHeight] = String(found).split("x").map(Number);
  return near(1e-4, 0.01)(width ?? 0, foundWidth ?? -1) && near(1e-4, 0.01)(height ?? 0, foundHeight ?? -1);
}

const FIELDS: Readonly<Record<string, Field>> = {
  dur: { of: (m) => m.durationSeconds, same: near(0.02, 0.1) },
  ac: { of: (m) => m.audioCodec, same: codec },
  vc: { of: (m) => m.videoCodec, same: codec },
  ch: { of: (m) => m.channels, same: equal },
  sr: { of: (m) => m.sampleRateHz, same: equal },
  fps: { of: (m) => m.framesPerSecond, same: near(0.02) },
  rot: { of: (m) => m.rotationDegrees, same: equal },
  w: { of: (m) => m.width, same: equal },
  h: { of: (m) => m.height, same: equal },
  title: { of: (m) => m.title, same: text },
  artist: { of: (m) => m.artist, same: firstArtist },
  xmp: { of: (m) => m.hasXmp, same: equal },
  icc: { of: (m) => m.hasIccProfile, same: equal },
  orient: { of: (m) => m.orientation, same: equal },
  make: { of: (m) => m.cameraMake, same: text },
  model: { of: (m) => m.cameraModel, same: text },
  dto: { of: (m) => m.takenAt, same: instant },
  lat: { of: (m) => m.latitude, same: near(0, 1e-4) },
  lon: { of: (m) => m.longitude, same: near(0, 1e-4) },
  fnum: { of: (m) => m.fNumber, same: near(0.01) },
  focal: { of: (m) => m.focalLengthMm, same: near(0.01) },
  iso: { of: (m) => m.iso, same: equal },
  exp: { of: (m) => m.exposureSeconds, same: near(0.01) },
  pages: { of: (m) => m.pageCount, same: equal },
  encrypted: { of: (m) => m.isEncrypted, same: (truth, found) => String(truth).startsWith("yes") === found },
  size: {
    of: (m) => (m.pageWidthPoints === undefined ? undefined : `${m.pageWidthPoints}x${m.pageHeightPoints ?? 0}`),
    same: pageSize,
  },
  creator: { of: (m) => m.creator, same: text },
  producer: { of: (m) => m.producer, same: text },
  created: { of: (m) => m.createdAt, same: instant },
  author: { of: (m) => m.author, same: text },
  macros: { of: (m) => m.hasMacros, same: equal },
  words: { of: (m) => m.wordCount, same: equal },
  slides: { of: (m) => m.slideCount, same: equal },
};

/** Each field the truth has, and whether the metadata agrees, differs, or says nothing. */
export function compare(truth: Truth, metadata: Metadata): Record<string, Agreement> {
  const result: Record<string, Agreement> = {};
  for (const [name, expected] of Object.entries(truth)) {
    const field = FIELDS[name];
    if (field === undefined) continue;
    const found = field.of(metadata);
    result[name] = found === undefined ? "missing" : field.same(expected, found) ? "agree" : "differ";
  }
  return result;
}

/** What the metadata has for a field of the truth, for people to look at. */
export function found(name: string, metadata: Metadata): Value | undefined {
  return FIELDS[name]?.of(metadata);
}
