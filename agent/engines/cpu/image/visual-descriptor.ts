/**
 * A vector of what a picture looks like, made without any model: which colours, which edges, and where.
 *
 * Pure and deterministic. PERSISTED CONTRACT: stored vectors are compared with vectors of later releases, so any
 * change of a number or rule here needs a new `VISUAL_SPACE`.
 */

/** Name of the space of these vectors; vectors of other spaces are never compared with them. */
export const VISUAL_SPACE = "visual-descriptor-v1";

/** Length of every vector of the space: 48 of colour, 32 of orientation, 48 of layout. */
export const VISUAL_DIMENSIONS = 128;

const LIGHTNESS_BINS = 3;
const OPPONENT_BINS = 4;
const COLOUR_BINS = LIGHTNESS_BINS * OPPONENT_BINS * OPPONENT_BINS;

/** Orientations over half a turn, in each quarter of the picture. */
const ORIENTATION_BINS = 8;
const QUARTERS = 4;

/** Cells on each side of the layout; each has mean lightness and the two colour opponents. */
const LAYOUT_SIDE = 4;

/** Oklab's a and b of photographs lie within this of zero; what lies beyond counts as the border. */
const OPPONENT_REACH = 0.16;

/** Shares of the three parts in the squared length of the vector. */
const COLOUR_SHARE = 0.4;
const ORIENTATION_SHARE = 0.25;
const LAYOUT_SHARE = 0.35;

/** The picture is sampled on a grid of at most this many points a side: more points change the third digit only. */
const MAX_GRID = 96;

type Oklab = { readonly lightness: number; readonly a: number; readonly b: number };

type Grid = { readonly width: number; readonly height: number; readonly cells: readonly Oklab[] };

/**
 * The unit vector of a picture given as packed 8-bit sRGB (3 bytes a pixel, rows from the top, upright).
 *
 * Throws a `RangeError` when the bytes are fewer than width x height x 3 or a side is below 1.
 */
export function visualDescriptor(rgb: Uint8Array, width: number, height: number): number[] {
  if (width < 1 || height < 1 || rgb.length < width * height * 3) {
    throw new RangeError(`${rgb.length} bytes are not a picture of ${width} x ${height}`);
  }
  const grid = sampleGrid(rgb, width, height);
  return unit([
    ...scaled(colourHistogram(grid), COLOUR_SHARE),
    ...scaled(orientationHistogram(grid), ORIENTATION_SHARE),
    ...scaled(layout(grid), LAYOUT_SHARE),
  ]).map((value) => Number(value.toFixed(6)));
}

/** Means over equal blocks, so that noise and resampling do not decide what a point looks like. */
function sampleGrid(rgb: Uint8Array, width: number, height: number): Grid {
  const columns = Math.min(width, MAX_GRID);
  const rows = Math.min(height, MAX_GRID);
  const cells: Oklab[] = [];
  for (let row = 0; row < rows; row += 1) {
    const top = Math.floor((row * height) / rows);
    const bottom = Math.max(top + 1, Math.floor(((row + 1) * height) / rows));
    for (let column = 0; column < columns; column += 1) {
      const left = Math.floor((column * width) / columns);
      const right = Math.max(left + 1, Math.floor(((column + 1) * width) / columns));
      cells.push(blockMean(rgb, width, { left, right, top, bottom }));
    }
  }
  return { width: columns, height: rows, cells };
}

type Block = { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };

function blockMean(rgb: Uint8Array, width: number, block: Block): Oklab {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let y = block.top; y < block.bottom; y += 1) {
    for (let x = block.left; x < block.right; x += 1) {
      const at = (y * width + x) * 3;
      red += rgb[at] ?? 0;
      green += rgb[at + 1] ?? 0;
      blue += rgb[at + 2] ?? 0;
    }
  }
  const count = (block.right - block.left) * (block.bottom - block.top);
  return oklab(red / count, green / count, blue / count);
}

/** Oklab of an sRGB colour with channels 0 to 255 (matrices of Bjorn Ottosson's definition of 2020). */
export function oklab(red: number, green: number, blue: number): Oklab {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {
    lightness: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    a: 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    b: 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  };
}

function linear(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Colours spread over the two nearest bins of each axis, so that a shade more does not jump to another bin. */
function colourHistogram({ cells }: Grid): number[] {
  const bins = Array.from({ length: COLOUR_BINS }, () => 0);
  for (const { lightness, a, b } of cells) {
    for (const [i, wi] of nearest(lightness, LIGHTNESS_BINS)) {
      for (const [j, wj] of nearest(opponent(a), OPPONENT_BINS)) {
        for (const [k, wk] of nearest(opponent(b), OPPONENT_BINS)) {
          const at = (i * OPPONENT_BINS + j) * OPPONENT_BINS + k;
          bins[at] = (bins[at] ?? 0) + wi * wj * wk;
        }
      }
    }
  }
  // The root tames one dominant colour: the distance of roots is the Hellinger distance of the histograms.
  return bins.map((value) => Math.sqrt(value / cells.length));
}

function opponent(value: number): number {
  return (value / OPPONENT_REACH + 1) / 2;
}

function nearest(value: number, bins: number): readonly (readonly [bin: number, weight: number])[] {
  const position = Math.min(Math.max(value, 0), 1) * (bins - 1);
  const low = Math.min(Math.floor(position), bins - 2);
  return [
    [low, low + 1 - position],
    [low + 1, position - low],
  ];
}

/** Strength of edges by direction, in each quarter of the picture. A flat picture has none. */
function orientationHistogram({ width, height, cells }: Grid): number[] {
  const bins = Array.from({ length: ORIENTATION_BINS * QUARTERS }, () => 0);
  const at = (x: number, y: number): number => cells[y * width + x]?.lightness ?? 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const dx = at(x + 1, y) - at(x - 1, y);
      const dy = at(x, y + 1) - at(x, y - 1);
      const angle = (Math.atan2(dy, dx) + Math.PI) % Math.PI;
      const bin = Math.min(Math.floor((angle / Math.PI) * ORIENTATION_BINS), ORIENTATION_BINS - 1);
      const quarter = (y * 2 >= height ? 2 : 0) + (x * 2 >= width ? 1 : 0);
      const index = quarter * ORIENTATION_BINS + bin;
      bins[index] = (bins[index] ?? 0) + Math.hypot(dx, dy);
    }
  }
  return bins.map(Math.sqrt);
}

/** Mean colour of each cell; lightness is taken about its middle, so that dark and bright point opposite ways. */
function layout({ width, height, cells }: Grid): number[] {
  const values: number[] = [];
  for (let row = 0; row < LAYOUT_SIDE; row += 1) {
    for (let column = 0; column < LAYOUT_SIDE; column += 1) {
      const sum = { lightness: 0, a: 0, b: 0 };
      const [top, bottom] = span(row, height);
      const [left, right] = span(column, width);
      for (let y = top; y < bottom; y += 1) {
        for (let x = left; x < right; x += 1) {
          const cell = cells[y * width + x];
          sum.lightness += (cell?.lightness ?? 0) - 0.5;
          sum.a += cell?.a ?? 0;
          sum.b += cell?.b ?? 0;
        }
      }
      const count = (bottom - top) * (right - left);
      values.push(sum.lightness / count, (sum.a / count) * 2, (sum.b / count) * 2);
    }
  }
  return values;
}

function span(index: number, length: number): readonly [from: number, to: number] {
  const from = Math.min(Math.floor((index * length) / LAYOUT_SIDE), length - 1);
  return [from, Math.max(from + 1, Math.floor(((index + 1) * length) / LAYOUT_SIDE))];
}

function scaled(values: readonly number[], share: number): number[] {
  return unit(values).map((value) => value * Math.sqrt(share));
}

function unit(values: readonly number[]): number[] {
  const length = Math.hypot(...values);
  return length < 1e-9 ? [...values] : values.map((value) => value / length);
}
