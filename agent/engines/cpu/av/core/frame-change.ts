/** What one small picture of a video says, and how it differs from the one before. Pure. */

/** Size of the small pictures: details are gone, cuts are not. */
export const SMALL_WIDTH = 48;
export const SMALL_HEIGHT = 27;
export const SMALL_BYTES = SMALL_WIDTH * SMALL_HEIGHT * 3;

/** Luma up to this is dark (a tenth of the scale), and a picture is black when this share of it is dark. */
const DARK_LUMA = 25.5;
const DARK_SHARE = 0.98;

/** Mean absolute difference of two pictures of packed 8-bit RGB of one size, 0 to 255. */
export function changeBetween(before: Uint8Array, after: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < after.length; i += 1) sum += Math.abs((after[i] ?? 0) - (before[i] ?? 0));
  return sum / after.length;
}

/** Mean luma (ITU-R BT.709 weights, 0 to 255) of packed RGB, and whether nearly all of it is dark. */
export function lightOf(rgb: Uint8Array): { readonly luma: number; readonly isBlack: boolean } {
  let sum = 0;
  let dark = 0;
  for (let i = 0; i + 2 < rgb.length; i += 3) {
    const luma = 0.2126 * (rgb[i] ?? 0) + 0.7152 * (rgb[i + 1] ?? 0) + 0.0722 * (rgb[i + 2] ?? 0);
    sum += luma;
    if (luma <= DARK_LUMA) dark += 1;
  }
  const count = rgb.length / 3;
  return { luma: sum / count, isBlack: dark >= DARK_SHARE * count };
}
