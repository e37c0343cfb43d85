/** The size at which a stored picture is shown. Pure. */

type Stored = {
  readonly width: number;
  readonly height: number;
  /** Width of a stored pixel by its height; what is no number between 1/8 and 8 counts as square. */
  readonly aspect: number;
};

/** Pixels made square, and the whole not larger than `maxSide`; each side has at least one pixel. */
export function displaySize({ width, height, aspect }: Stored, maxSide: number): { width: number; height: number } {
  const pixel = aspect >= 1 / 8 && aspect <= 8 ? aspect : 1;
  const shown = width * pixel;
  const scale = Math.min(1, maxSide / Math.max(shown, height));
  return { width: Math.max(1, Math.round(shown * scale)), height: Math.max(1, Math.round(height * scale)) };
}
