/** The formats that AIMA knows, by what their bytes are called in `sniff`. */
import type { MediaType } from "../contracts/media.ts";

/** Which parser reads the file. `opaque`: the edge knows the type only, the agent reads the rest. */
export type Family =
  | "jpeg"
  | "png"
  | "gif"
  | "webp"
  | "heif"
  | "tiff"
  | "bmp"
  | "isobmff"
  | "matroska"
  | "mpeg-ts"
  | "avi"
  | "flv"
  | "asf"
  | "ogg"
  | "tagged-audio"
  | "wav"
  | "amr"
  | "mpeg-ps"
  | "opaque"
  | "pdf"
  | "zip"
  | "compound-file";

/** What a file is, and who reads it. */
export type Format = { readonly family: Family; readonly mediaType: MediaType; readonly contentType: string };

const of = (family: Family, mediaType: MediaType, contentType: string): Format => ({ family, mediaType, contentType });

/** Keys are short names: the usual extension. Content types as registered at IANA, or in common use where none is. */
export const FORMATS = {
  jpg: of("jpeg", "image", "image/jpeg"),
  png: of("png", "image", "image/png"),
  apng: of("png", "image", "image/apng"),
  gif: of("gif", "image", "image/gif"),
  webp: of("webp", "image", "image/webp"),
  avif: of("heif", "image", "image/avif"),
  heic: of("heif", "image", "image/heic"),
  heif: of("heif", "image", "image/heif"),
  tif: of("tiff", "image", "image/tiff"),
  bmp: of("bmp", "image", "image/bmp"),

  mp4: of("isobmff", "video", "video/mp4"),
  m4v: of("isobmff", "video", "video/x-m4v"),
  m4a: of("isobmff", "audio", "audio/mp4"),
  mov: of("isobmff", "video", "video/quicktime"),
  "3gp": of("isobmff", "video", "video/3gpp"),
  "3g2": of("isobmff", "video", "video/3gpp2"),
  mkv: of("matroska", "video", "video/x-matroska"),
  webm: of("matroska", "video", "video/webm"),
  ts: of("mpeg-ts", "video", "video/mp2t"),
  avi: of("avi", "video", "video/x-msvideo"),
  flv: of("flv", "video", "video/x-flv"),
  mpg: of("mpeg-ps", "video", "video/mpeg"),
  mxf: of("opaque", "video", "application/mxf"),
  asf: of("asf", "video", "video/x-ms-asf"),

  mp3: of("tagged-audio", "audio", "audio/mpeg"),
  aac: of("tagged-audio", "audio", "audio/aac"),
  flac: of("tagged-audio", "audio", "audio/flac"),
  aif: of("tagged-audio", "audio", "audio/aiff"),
  ape: of("tagged-audio", "audio", "audio/x-ape"),
  wv: of("tagged-audio", "audio", "audio/x-wavpack"),
  mpc: of("tagged-audio", "audio", "audio/x-musepack"),
  dsf: of("tagged-audio", "audio", "audio/x-dsf"),
  dff: of("tagged-audio", "audio", "audio/x-dff"),
  wav: of("wav", "audio", "audio/wav"),
  ogg: of("ogg", "audio", "audio/ogg"),
  ogv: of("ogg", "video", "video/ogg"),
  amr: of("amr", "audio", "audio/amr"),
  ac3: of("opaque", "audio", "audio/ac3"),
  caf: of("opaque", "audio", "audio/x-caf"),

  pdf: of("pdf", "document", "application/pdf"),
  zip: of("zip", "document", "application/zip"),
  cfb: of("compound-file", "document", "application/x-cfb"),
} as const satisfies Record<string, Format>;

/** A key of `FORMATS`. */
export type FormatName = keyof typeof FORMATS;

/** Whether the name is one of `FORMATS`. */
export function isFormatName(name: string): name is FormatName {
  return Object.hasOwn(FORMATS, name);
}
