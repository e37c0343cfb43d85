/** Measurable properties of a picture that say how usable it is. */
import { greyOf, type Picture } from "./picture.ts";

export type Quality = {
  /** Variance of the Laplacian of lightness; below about 100 a photograph of this size looks blurred. */
  readonly laplacianVariance: number;
  /** Mean lightness, 0 to 1. */
  readonly exposure: number;
  /** Standard deviation of lightness, 0 to 0.5. */
  readonly contrast: number;
  /** Estimated standard deviation of noise, in levels of 255. */
  readonly noise: number;
  /** Shares of pixels that are almost black and almost white. */
  readonly shadowsClipped: number;
  readonly highlightsClipped: number;
  readonly verdicts: readonly ("blurred" | "dark" | "bright" | "flat" | "noisy")[];
};

/** Limits of the verdicts, for a picture whose longer side is about 1024 px. */
const BLURRED_BELOW = 100;
const DARK_BELOW = 0.2;
const BRIGHT_ABOVE = 0.85;
const FLAT_BELOW = 0.08;
const NOISY_ABOVE = 12;

export function measureQuality(picture: Picture): Quality {
  const { width, height } = picture;
  const grey = greyOf(picture);
  const { mean, deviation } = spread(grey);
  const { laplacianVariance, noise } = textures(grey, width, height);
  const exposure = mean / 255;
  const contrast = deviation / 255;
  const verdicts: Quality["verdicts"][number][] = [];
  if (laplacianVariance < BLURRED_BELOW) verdicts.push("blurred");
  if (exposure < DARK_BELOW) verdicts.push("dark");
  if (exposure > BRIGHT_ABOVE) verdicts.push("bright");
  if (contrast < FLAT_BELOW) verdicts.push("flat");
  if (noise > NOISY_ABOVE) verdicts.push("noisy");
  return {
    laplacianVariance: Number(laplacianVariance.toFixed(1)),
    exposure: Number(exposure.toFixed(4)),
    contrast: Number(contrast.toFixed(4)),
    noise: Number(noise.toFixed(2)),
    shadowsClipped: Number(share(grey, (value) => value < 3).toFixed(4)),
    highlightsClipped: Number(share(grey, (value) => value > 252).toFixed(4)),
    verdicts,
  };
}

function spread(values: Float32Array): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return { mean, deviation: Math.sqrt(Math.max(squares / values.length - mean * mean, 0)) };
}

/**
 * Sharpness by the 4-neighbour Laplacian, noise by the mask of Immerkaer (1996), which is blind to edges that are
 * locally straight. A picture under 3 px a side has neither.
 */
function textures(grey: Float32Array, width: number, height: number): { laplacianVariance: number; noise: number } {
  if (width < 3 || height < 3) return { laplacianVariance: 0, noise: 0 };
  let sum = 0;
  let squares = 0;
  let masked = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const value = (offset: number): number => grey[at + offset] ?? 0;
      const sides = value(-1) + value(1) + value(-width) + value(width);
      const corners = value(-width - 1) + value(-width + 1) + value(width - 1) + value(width + 1);
      const laplacian = sides - 4 * value(0);
      sum += laplacian;
      squares += laplacian * laplacian;
      masked += Math.abs(corners - 2 * sides + 4 * value(0));
    }
  }
  const count = (width - 2) * (height - 2);
  const mean = sum / count;
  return { laplacianVariance: squares / count - mean * mean, noise: (Math.sqrt(Math.PI / 2) * masked) / (6 * count) };
}

function share(values: Float32Array, holds: (value: number) => boolean): number {
  let count = 0;
  for (const value of values) if (holds(value)) count += 1;
  return count / values.length;
}
