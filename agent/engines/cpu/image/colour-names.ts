/** The eleven basic colour terms (Berlin and Kay, 1969), each with some typical shades in sRGB. */
import { oklab } from "./visual-descriptor.ts";

const SHADES: readonly (readonly [name: string, ...rgb: readonly string[]])[] = [
  ["black", "000000", "181818"],
  ["white", "ffffff", "f0f0f0"],
  ["grey", "808080", "505050", "b4b4b4", "d0d0d0"],
  ["red", "ff0000", "c01818", "801010", "e03c3c"],
  ["orange", "ff8000", "e07820", "f0a050"],
  ["yellow", "ffff00", "e8d020", "f0e070"],
  ["green", "00a000", "00ff00", "206020", "70b050", "90c090", "608030"],
  ["blue", "0000ff", "2040a0", "4080e0", "80b0e0", "102050", "a0d0f0", "20a0b0"],
  ["purple", "800080", "a040c0", "502070", "b090d0"],
  ["pink", "ff80c0", "ffc0cb", "e060a0", "f8a0a8"],
  ["brown", "8b4513", "603818", "a07040", "402818", "c0a078"],
];

const POINTS = SHADES.flatMap(([name, ...shades]) =>
  shades.map((hex) => ({ name, ...oklab(channel(hex, 0), channel(hex, 2), channel(hex, 4)) })),
);

/** The basic term for a colour with channels 0 to 255: that of the nearest shade in Oklab. */
export function colourName(red: number, green: number, blue: number): string {
  const colour = oklab(red, green, blue);
  let best = { name: "grey", distance: Number.POSITIVE_INFINITY };
  for (const point of POINTS) {
    const distance = Math.hypot(point.lightness - colour.lightness, point.a - colour.a, point.b - colour.b);
    if (distance < best.distance) best = { name: point.name, distance };
  }
  return best.name;
}

function channel(hex: string, at: number): number {
  return Number.parseInt(hex.slice(at, at + 2), 16);
}
