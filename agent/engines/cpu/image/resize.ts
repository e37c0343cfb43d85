import sharp, { type Sharp } from "sharp";
import type { Picture } from "./picture.ts";

/** The picture as an image of the library, for further work. */
export function asImage({ rgb, width, height }: Picture): Sharp {
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

/** The picture with no side longer than `side`; a smaller one stays as it is. */
export async function within(picture: Picture, side: number): Promise<Picture> {
  if (picture.width <= side && picture.height <= side) return picture;
  const { data, info } = await asImage(picture)
    .resize({ width: side, height: side, fit: "inside" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { rgb: data, width: info.width, height: info.height };
}

/** Lightness, one byte a pixel, of the whole picture pressed into `width` x `height`. */
export async function greyThumb(picture: Picture, width: number, height: number): Promise<Uint8Array> {
  return await asImage(picture)
    .resize({ width, height, fit: "fill", kernel: "lanczos3" })
    .toColourspace("b-w")
    .raw()
    .toBuffer();
}
