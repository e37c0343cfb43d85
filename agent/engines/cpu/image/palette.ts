/** The colours that make up most of a picture. */
import { colourName } from "./colour-names.ts";
import type { Picture } from "./picture.ts";
import { oklab } from "./visual-descriptor.ts";

export type Swatch = {
  readonly hex: string;
  readonly name: string;
  /** 0 to 1 of the picture. */ readonly share: number;
};

const MAX_SWATCHES = 6;
/** Colours nearer than this in Oklab are one swatch: about what a person sees as the same colour in two places. */
const SAME_COLOUR_DISTANCE = 0.1;
const MIN_SHARE = 0.01;

type Bin = { red: number; green: number; blue: number; count: number };

/** At most six colours, largest share first; shares add up to at most 1. */
export function dominantColours(picture: Picture): Swatch[] {
  const merged: Bin[] = [];
  for (const bin of binsBySize(picture)) {
    const same = merged.find((other) => distance(other, bin) < SAME_COLOUR_DISTANCE);
    if (same === undefined) merged.push({ ...bin });
    else add(same, bin);
  }
  const pixels = picture.width * picture.height;
  return merged
    .toSorted((a, b) => b.count - a.count)
    .filter((bin) => bin.count / pixels >= MIN_SHARE)
    .slice(0, MAX_SWATCHES)
    .map((bin) => {
      const [red, green, blue] = [bin.red / bin.count, bin.green / bin.count, bin.blue / bin.count].map(Math.round);
      const rgb = [red ?? 0, green ?? 0, blue ?? 0] as const;
      const hex = `#${rgb.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
      return { hex, name: colourName(...rgb), share: Number((bin.count / pixels).toFixed(4)) };
    });
}

/** Colours counted in cubes of 16 levels a side. */
function binsBySize({ rgb, width, height }: Picture): Bin[] {
  const bins = new Map<number, Bin>();
  for (let at = 0; at < width * height * 3; at += 3) {
    const pixel = { red: rgb[at] ?? 0, green: rgb[at + 1] ?? 0, blue: rgb[at + 2] ?? 0, count: 1 };
    const key = ((pixel.red >> 4) << 8) | ((pixel.green >> 4) << 4) | (pixel.blue >> 4);
    const bin = bins.get(key);
    if (bin === undefined) bins.set(key, pixel);
    else add(bin, pixel);
  }
  return [...bins.values()].toSorted((a, b) => b.count - a.count);
}

function add(to: Bin, from: Bin): void {
  to.red += from.red;
  to.green += from.green;
  to.blue += from.blue;
  to.count += from.count;
}

function distance(one: Bin, other: Bin): number {
  const a = oklab(one.red / one.count, one.green / one.count, one.blue / one.count);
  const b = oklab(other.red / other.count, other.green / other.count, other.blue / other.count);
  return Math.hypot(a.lightness - b.lightness, a.a - b.a, a.b - b.b);
}
