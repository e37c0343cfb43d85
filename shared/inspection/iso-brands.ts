/** ISO base media files (ISO/IEC 14496-12): which format the brands of `ftyp` name. */
import type { ByteView } from "./byte-view.ts";
import type { FormatName } from "./format.ts";

/** Registered at mp4ra.org; HEIF image and sequence brands of ISO/IEC 23008-12, AVIF of the AOM specification. */
const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"]);
const HEIF_BRANDS = new Set(["mif1", "msf1", "mif2"]);
const AVIF_BRANDS = new Set(["avif", "avis"]);
const AUDIO_BRANDS = new Set(["M4A ", "M4B ", "M4P ", "F4A ", "F4B "]);
/** Canon raw and JPEG 2000. */
const OTHER_BRANDS = new Set(["crx ", "jp2 ", "jpx ", "jpm "]);
/** Boxes that may stand first in a QuickTime file written before `ftyp` existed. */
const QUICKTIME_FIRST_BOXES = new Set(["moov", "mdat", "wide", "pnot", "free", "skip"]);
/** Bounds the walk over compatible brands; real files have under twenty. */
const MAX_BRANDS = 64;

/**
 * The format of an ISO base media or QuickTime file from its first bytes, or `null` when they are none. Image brands
 * win over the major brand: still images of some cameras have `isom` or `mp42` first. `unsupported`: a known brand of
 * something that is neither film, sound nor picture (JPEG 2000, Canon raw).
 */
export function isoFormat(head: ByteView): FormatName | "unsupported" | null {
  if (head.length < 8) return null;
  const type = head.latin1(4, 4);
  if (type !== "ftyp") return QUICKTIME_FIRST_BOXES.has(type) && plausibleFirstBox(head, type) ? "mov" : null;
  if (head.length < 12) return null;
  const major = head.latin1(8, 4);
  if (OTHER_BRANDS.has(major)) return "unsupported";
  const end = Math.min(head.u32(0), head.length, 16 + 4 * MAX_BRANDS);
  const brands = [major];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.latin1(at, 4));
  const picture = isImageBrand(major) || !brands.some(isMovieBrand) ? pictureFormat(brands) : null;
  return picture ?? movieFormat(major);
}

function pictureFormat(brands: readonly string[]): FormatName | null {
  if (brands.some((brand) => AVIF_BRANDS.has(brand))) return "avif";
  if (brands.some((brand) => HEIC_BRANDS.has(brand))) return "heic";
  return brands.some((brand) => HEIF_BRANDS.has(brand)) ? "heif" : null;
}

function movieFormat(major: string): FormatName {
  if (major === "qt  ") return "mov";
  if (AUDIO_BRANDS.has(major)) return "m4a";
  if (major.startsWith("M4V")) return "m4v";
  if (major.startsWith("3g2")) return "3g2";
  return /^3g[per]/.test(major) ? "3gp" : "mp4";
}

function isImageBrand(brand: string): boolean {
  return AVIF_BRANDS.has(brand) || HEIC_BRANDS.has(brand) || HEIF_BRANDS.has(brand);
}

function isMovieBrand(brand: string): boolean {
  return brand === "mp41" || brand === "mp42" || brand.startsWith("avc");
}

function plausibleFirstBox(head: ByteView, type: string): boolean {
  const size = head.u32(0);
  return size === 1 || size >= 8 || (size === 0 && type === "mdat");
}
