/**
 * What a file is, from its bytes alone. Own rules stand where file-type is known to be wrong or to read too much
 * (image brands inside ISO files, zip, text); everything else is file-type's.
 */
import { fileTypeFromTokenizer } from "file-type";
import { ByteView, indexOfText } from "./byte-view.ts";
import { type Format, FORMATS, type FormatName, isFormatName } from "./format.ts";
import { isoFormat } from "./iso-brands.ts";
import { firstAudioFrame, id3Bytes } from "./mpeg-audio.ts";
import { BLOCK_BYTES, type RangeReader } from "./range-reader.ts";
import { RangeTokenizer } from "./range-tokenizer.ts";

type Sniffed = { readonly format: Format } | { readonly unsupported: string; readonly contentType: string };

/** PDF allows this much of anything before its header (Acrobat's implementation note). */
const PDF_HEADER_WITHIN_BYTES = 1024;

/** The format, or why there is none that AIMA analyses. Reads the first 64 KiB, seldom more. */
export async function sniff(reader: RangeReader): Promise<Sniffed> {
  const bytes = await reader.read(0, BLOCK_BYTES);
  const head = new ByteView(bytes);

  const known = byMagic(head) ?? (await byId3(reader, head));
  if (known !== null) return { format: FORMATS[known] };
  const iso = isoFormat(head);
  if (iso === "unsupported") return unsupported("an ISO file that is neither film, sound nor a supported picture");
  if (iso !== null) return { format: FORMATS[iso] };

  const guessed = await fileTypeFromTokenizer(new RangeTokenizer(reader)).catch(() => undefined);
  if (guessed !== undefined) {
    const name = formatNameOf(guessed.ext, guessed.mime);
    if (name !== null) return { format: FORMATS[name] };
    if (!isWeakGuess(guessed.mime)) return { unsupported: `content is ${guessed.mime}`, contentType: guessed.mime };
  }
  if (await isPdfWithoutHeader(reader, bytes)) return { format: FORMATS.pdf };
  if (looksLikeText(bytes)) {
    return indexOfText(bytes, "<svg") === -1
      ? { unsupported: "content is plain text", contentType: "text/plain" }
      : { unsupported: "SVG is a program for a browser, not a picture to analyse", contentType: "image/svg+xml" };
  }
  const frame = firstAudioFrame(bytes, bytes.length === reader.sizeBytes);
  if (frame !== null) return { format: frame.frame.codec === "aac" ? FORMATS.aac : FORMATS.mp3 };
  return unsupported(guessed === undefined ? "content is of no known format" : `content is ${guessed.mime}`);
}

function unsupported(detail: string): Sniffed {
  return { unsupported: detail, contentType: "application/octet-stream" };
}

/** Readers open a PDF whose header is late or lost, as long as objects and a trailer are there. */
async function isPdfWithoutHeader(reader: RangeReader, bytes: Uint8Array): Promise<boolean> {
  const start = bytes.subarray(0, PDF_HEADER_WITHIN_BYTES);
  if (indexOfText(start, "%PDF-") !== -1) return true;
  if (indexOfText(start, " 0 obj") === -1) return false;
  return indexOfText(await reader.read(reader.sizeBytes - 1024, 1024), "startxref") !== -1;
}

/** An ID3v2 tag says nothing of what follows it. */
async function byId3(reader: RangeReader, head: ByteView): Promise<FormatName | null> {
  const tagBytes = id3Bytes(head);
  if (tagBytes === 0) return null;
  const after = new ByteView(await reader.read(tagBytes, 4096));
  if (after.startsWith("fLaC")) return "flac";
  if (after.startsWith("MAC ")) return "ape";
  if (after.startsWith("MPCK") || after.startsWith("MP+")) return "mpc";
  if (after.startsWith("wvpk")) return "wv";
  return firstAudioFrame(after.bytes, tagBytes + after.length === reader.sizeBytes)?.frame.codec === "aac"
    ? "aac"
    : "mp3";
}

const MAGIC: readonly (readonly [bytes: string, name: FormatName])[] = [
  ["%PDF-", "pdf"],
  ["PK\x03\x04", "zip"],
  ["PK\x05\x06", "zip"],
  ["\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "cfb"],
  ["\x89PNG\r\n\x1a\n", "png"],
  ["GIF87a", "gif"],
  ["GIF89a", "gif"],
  ["II+\0", "tif"],
  ["MM\0+", "tif"],
  ["#!AMR", "amr"],
  ["FLV\x01", "flv"],
  ["\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"],
  ["fLaC", "flac"],
  // Pack header or sequence header of an MPEG-1 or MPEG-2 program or elementary stream.
  ["\0\0\x01\xba", "mpg"],
  ["\0\0\x01\xb3", "mpg"],
];

function byMagic(head: ByteView): FormatName | null {
  const name = MAGIC.find(([bytes]) => head.startsWith(bytes))?.[1];
  if (name !== undefined) return name;
  if (head.startsWith("BM") && head.length >= 26 && head.u32(6, true) === 0) return "bmp";
  if (head.startsWith("\x1a\x45\xdf\xa3"))
    return indexOfText(head.bytes.subarray(0, 64), "webm") === -1 ? "mkv" : "webm";
  if (head.startsWith("OggS")) return indexOfText(head.bytes.subarray(0, 4096), "\x80theora") === -1 ? "ogg" : "ogv";
  if (isTransportStream(head, 188, 0) || isTransportStream(head, 192, 4)) return "ts";
  return null;
}

/** Sync bytes at four packet starts: 188-byte packets, or 192 with the timestamps that Blu-ray and AVCHD put before. */
function isTransportStream(head: ByteView, packetBytes: number, offset: number): boolean {
  const packets = Math.min(4, Math.floor(head.length / packetBytes));
  if (packets < 2) return false;
  for (let i = 0; i < packets; i += 1) if (head.bytes[offset + i * packetBytes] !== 0x47) return false;
  return true;
}

const ALIASES: Readonly<Record<string, FormatName>> = {
  aiff: "aif",
  aifc: "aif",
  mp2: "mp3",
  mp1: "mp3",
  m2ts: "ts",
  mts: "ts",
  oga: "ogg",
  opus: "ogg",
  spx: "ogg",
  m4b: "m4a",
  m4p: "m4a",
  f4v: "mp4",
  wma: "asf",
  wmv: "asf",
  mpeg: "mpg",
};

/** Raw camera files are TIFF by their first bytes but not pictures that anything downstream decodes. */
function formatNameOf(ext: string, mime: string): FormatName | null {
  if (ext === "tif" || ext === "jpg") return mime === "image/tiff" || mime === "image/jpeg" ? ext : null;
  const name = Object.hasOwn(ALIASES, ext) ? ALIASES[ext] : ext;
  return name !== undefined && isFormatName(name) ? name : null;
}

/** Guesses from two bytes or less of evidence, which text and frames of sound overrule. */
function isWeakGuess(mime: string): boolean {
  return mime === "application/xml" || mime.startsWith("text/");
}

/** UTF-8 or Latin text: no control characters but white space, in a sample that ends where a character may be cut. */
function looksLikeText(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 4096);
  if (
    sample.length >= 2 &&
    ((sample[0] === 0xff && sample[1] === 0xfe) || (sample[0] === 0xfe && sample[1] === 0xff))
  ) {
    return !sample.some((byte, i) => byte === 0 && sample[i + 1] === 0);
  }
  return sample.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b);
}
