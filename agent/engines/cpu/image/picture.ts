/** An upright picture in memory: packed 8-bit sRGB, three bytes a pixel, rows from the top. */
export type Picture = { readonly rgb: Uint8Array; readonly width: number; readonly height: number };

/** Lightness as people weigh it (Rec. 709 weights on the encoded channels), one number from 0 to 255 a pixel. */
export function greyOf({ rgb, width, height }: Picture): Float32Array {
  const grey = new Float32Array(width * height);
  for (let pixel = 0; pixel < grey.length; pixel += 1) {
    const at = pixel * 3;
    grey[pixel] = 0.2126 * (rgb[at] ?? 0) + 0.7152 * (rgb[at + 1] ?? 0) + 0.0722 * (rgb[at + 2] ?? 0);
  }
  return grey;
}
