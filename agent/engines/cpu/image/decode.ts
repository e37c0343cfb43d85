/** Opens any picture that one of the two decoders reads, upright and not larger than later work needs. */
import sharp, { type Sharp } from "sharp";
import type { Metadata, Reason } from "../../../../shared/contracts/media.ts";
import { decodeByFfmpeg } from "./ffmpeg-decode.ts";
import type { Picture } from "./picture.ts";

/** More pixels than this are refused before any is decoded: 100 megapixels are 300 MB of RGB. */
export const MAX_PIXELS = 100_000_000;

/** Longer side of the decoded picture: enough for small print on a scanned page. */
const MAX_SIDE = 2800;

export type Decoded = {
  readonly ok: true;
  readonly picture: Picture;
  readonly metadata: Metadata;
  readonly decoder: "sharp" | "ffmpeg";
};
export type NotDecoded = { readonly ok: false; readonly reason: Reason };

// Every process sees one file: a cache would only hold memory.
sharp.cache(false);
sharp.concurrency(1);

/** What is wrong with the picture is a reason, never an exception. */
export async function decodePicture(path: string, known: Metadata): Promise<Decoded | NotDecoded> {
  if ((known.width ?? 0) * (known.height ?? 0) > MAX_PIXELS) return tooManyPixels(known.width ?? 0, known.height ?? 0);
  try {
    return await decodeBySharp(path);
  } catch (error) {
    const fallback = await decodeByFfmpeg(path, known, MAX_PIXELS);
    if (fallback === null) return { ok: false, reason: { code: "undecodable", detail: whyNot(error) } };
    if (fallback === "too_many_pixels") return tooManyPixels(known.width ?? 0, known.height ?? 0);
    return { ok: true, decoder: "ffmpeg", picture: await upright(fallback, known), metadata: {} };
  }
}

async function decodeBySharp(path: string): Promise<Decoded | NotDecoded> {
  const header = await sharp(path, { limitInputPixels: false, failOn: "none" }).metadata();
  const { width, height } = header;
  if (width * height > MAX_PIXELS) return tooManyPixels(width, height);
  const metadata: Metadata = {
    width,
    height,
    hasAlpha: header.hasAlpha,
    hasIccProfile: header.icc !== undefined,
    hasXmp: header.xmp !== undefined,
    isAnimated: (header.pages ?? 1) > 1 && (header.delay?.length ?? 0) > 1,
    ...(header.orientation === undefined ? {} : { orientation: header.orientation }),
  };
  // A truncated picture shows what there is of it.
  const image = sharp(path, { limitInputPixels: MAX_PIXELS, failOn: "none" }).autoOrient();
  return { ok: true, decoder: "sharp", metadata, picture: await toPicture(image) };
}

/** The decoder of the fallback does not turn the picture; `known` says how it was taken. */
async function upright(picture: Picture, known: Metadata): Promise<Picture> {
  const { rgb, width, height } = picture;
  const turned = sharp(rgb, { raw: { width, height, channels: 3 } });
  const exif = await turned
    .toFormat("png", { compressionLevel: 0 })
    .withMetadata({ orientation: known.orientation ?? 1 })
    .toBuffer();
  return await toPicture(sharp(exif, { limitInputPixels: MAX_PIXELS }).autoOrient());
}

async function toPicture(image: Sharp): Promise<Picture> {
  const { data, info } = await image
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .resize({ width: MAX_SIDE, height: MAX_SIDE, fit: "inside", withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    rgb: info.channels === 3 ? data : threeChannels(data, info.channels),
    width: info.width,
    height: info.height,
  };
}

/** Grey, grey with alpha, or colour with alpha as packed colour. */
function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      rgb[pixel * 3 + channel] = data[pixel * channels + (channels < 3 ? 0 : channel)] ?? 0;
    }
  }
  return rgb;
}

function tooManyPixels(width: number, height: number): NotDecoded {
  const detail = `The picture has ${width} x ${height} pixels; at most ${MAX_PIXELS / 1e6} megapixels are decoded.`;
  return { ok: false, reason: { code: "too_many_pixels", detail } };
}

function whyNot(error: unknown): string {
  const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : "";
  return `No decoder reads this picture: ${message.replaceAll(/\S*\/\S+/g, "").trim()}`.slice(0, 500);
}
