/** What the headers of a media file tell, in the words that inspection uses. */
import { AVCOL_TRC_ARIB_STD_B67, AVCOL_TRC_SMPTE2084 } from "node-av/constants";
import { avGetCodecName, type Stream } from "node-av/lib";
import type { Metadata } from "../../../../shared/contracts/media.ts";
import { rotationOf } from "./display-rotation.ts";
import type { MediaFile } from "./media-file.ts";

/** FFmpeg's name of the container, where people know another. */
const CONTAINER_NAMES: Readonly<Record<string, string>> = {
  avi: "AVI",
  asf: "ASF",
  flv: "FLV",
  mpeg: "MPEG-PS",
  mpegts: "MPEG-TS",
  mxf: "MXF",
  amr: "AMR",
  ogg: "Ogg",
  wav: "WAVE",
  aiff: "AIFF",
  flac: "FLAC",
  ape: "Monkey's Audio",
  wv: "WavPack",
  mp3: "MPEG",
  aac: "ADTS",
  ac3: "AC-3",
  eac3: "E-AC-3",
};

const CODEC_NAMES: Readonly<Record<string, string>> = { amrnb: "amr_nb", amrwb: "amr_wb" };

/** Their length is guessed from the size and the bit rate of the first frames. */
const ESTIMATED = new Set(["mp3", "aac", "ac3", "eac3", "dts", "truehd", "mlp", "amr", "loas"]);
/** Their length is the difference of the first and the last time stamp. */
const COMPUTED = new Set(["mpeg", "mpegts", "mpegvideo", "h264", "hevc", "ogg"]);

const MAX_TEXT_CHARS = 4096;

/** Every field that the file answers; no field is made up. */
export function describeMedia(file: MediaFile, sizeBytes: number): Metadata {
  const name = file.format.iformat?.name ?? "";
  return {
    container: containerName(name, file),
    ...durationOf(file, name),
    ...rateOf(file, sizeBytes),
    ...(file.video === null ? {} : pictureOf(file.video)),
    ...(file.audio === null ? {} : soundOf(file.audio)),
    ...tagsOf(file),
  };
}

/** FFmpeg's short name of the codec, such as `h264`; null for one it does not know. */
export function codecNameOf(stream: Stream): string | null {
  const name = avGetCodecName(stream.codecpar.codecId);
  if (name === null || name === "none" || name === "unknown_codec") return null;
  return CODEC_NAMES[name] ?? name;
}

function containerName(name: string, file: MediaFile): string {
  const [first = name] = name.split(",");
  if (first === "mov") return file.format.metadata?.get("major_brand")?.trim() === "qt" ? "QuickTime" : "MP4";
  if (first === "matroska") return isWebm(file) ? "WebM" : "Matroska";
  return CONTAINER_NAMES[first] ?? first;
}

/** FFmpeg does not tell the document type; WebM is Matroska with these codecs only. */
function isWebm({ streams }: MediaFile): boolean {
  const allowed = new Set(["vp8", "vp9", "av1", "vorbis", "opus", "webvtt"]);
  return streams.every((stream) => allowed.has(codecNameOf(stream) ?? ""));
}

function durationOf({ durationSeconds, audio }: MediaFile, name: string): Metadata {
  if (durationSeconds === null) return {};
  // An MP3 whose first frame counts the others has its length written in it.
  const isCounted = name === "mp3" && audio !== null && audio.nbFrames > 0n;
  const source = ESTIMATED.has(name) && !isCounted ? "estimated" : COMPUTED.has(name) ? "computed" : "container";
  return { durationSeconds: Number(durationSeconds.toFixed(6)), durationSource: source };
}

function rateOf({ format, durationSeconds }: MediaFile, sizeBytes: number): Metadata {
  const written = Number(format.bitRate);
  if (written > 0) return { bitsPerSecond: written };
  return durationSeconds === null ? {} : { bitsPerSecond: Math.round((sizeBytes * 8) / durationSeconds) };
}

function pictureOf(stream: Stream): Metadata {
  const { width, height, colorTrc } = stream.codecpar;
  const codec = codecNameOf(stream);
  const rate = rateOfFrames(stream);
  return {
    width,
    height,
    rotationDegrees: rotationOf(stream),
    isHdr: colorTrc === AVCOL_TRC_SMPTE2084 || colorTrc === AVCOL_TRC_ARIB_STD_B67,
    ...(codec === null ? {} : { videoCodec: codec }),
    ...(rate === null ? {} : { framesPerSecond: Number(rate.toFixed(3)) }),
  };
}

/** Frames per second on average; null when the container does not tell. */
export function rateOfFrames(stream: Stream): number | null {
  for (const { num, den } of [stream.avgFrameRate, stream.rFrameRate]) {
    if (num > 0 && den > 0 && num / den < 1000) return num / den;
  }
  return null;
}

function soundOf(stream: Stream): Metadata {
  const { channels, sampleRate, bitsPerRawSample, bitsPerCodedSample } = stream.codecpar;
  const codec = codecNameOf(stream);
  const bits = bitsPerRawSample > 0 ? bitsPerRawSample : bitsPerCodedSample;
  const isLossless =
    codec !== null && /^pcm_(?!mulaw|alaw)|^(flac|alac|ape|wavpack|tta|tak|truehd|mlp|shorten)$/.test(codec);
  return {
    channels,
    sampleRateHz: sampleRate,
    isLossless,
    ...(codec === null ? {} : { audioCodec: codec }),
    ...(isLossless && bits > 0 ? { bitsPerSample: bits } : {}),
  };
}

/** Tags of the file, and where it has none those of its streams (Ogg keeps them there). */
function tagsOf({ format, audio, video }: MediaFile): Metadata {
  const tags = new Map<string, string>();
  for (const source of [video?.metadata, audio?.metadata, format.metadata]) {
    for (const [key, value] of Object.entries(source?.getAll() ?? {})) tags.set(key.toLowerCase(), value);
  }
  const text = (field: string, ...keys: readonly string[]): Metadata => {
    const value = keys.map((key) => tags.get(key)?.replaceAll("\0", "").trim() ?? "").find((found) => found !== "");
    return value === undefined ? {} : { [field]: value.slice(0, MAX_TEXT_CHARS) };
  };
  const year = /^\d{4}/.exec(tags.get("date") ?? tags.get("year") ?? "")?.[0];
  const track = /^\d{1,6}/.exec(tags.get("track") ?? "")?.[0];
  return {
    ...text("title", "title"),
    ...text("artist", "artist", "album_artist", "author"),
    ...text("album", "album"),
    ...text("genre", "genre"),
    ...text("composer", "composer"),
    ...text("comment", "comment", "description"),
    ...text("software", "encoder", "encoded_by"),
    ...(year === undefined ? {} : { year: Number(year) }),
    ...(track === undefined ? {} : { trackNumber: Number(track) }),
  };
}
