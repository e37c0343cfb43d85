import { describe, expect, test } from "vitest";
import { oklab, VISUAL_DIMENSIONS, visualDescriptor } from "./visual-descriptor.ts";

const SIDE = 48;

function painted(colour: (x: number, y: number) => readonly [number, number, number], side = SIDE): Uint8Array {
  const rgb = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y += 1) for (let x = 0; x < side; x += 1) rgb.set(colour(x, y), (y * side + x) * 3);
  return rgb;
}

const similarity = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

const describe48 = (rgb: Uint8Array): number[] => visualDescriptor(rgb, SIDE, SIDE);

describe("the visual descriptor", () => {
  test("is a unit vector of 128 numbers", () => {
    const vector = describe48(painted((x, y) => [x * 5, y * 5, 90]));
    expect(vector).toHaveLength(VISUAL_DIMENSIONS);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
  });

  test("is the same for the same picture at twice the size", () => {
    const small = describe48(painted((x, y) => [x * 5, y * 5, 90]));
    const large = visualDescriptor(
      painted((x, y) => [(x >> 1) * 5, (y >> 1) * 5, 90], SIDE * 2),
      SIDE * 2,
      SIDE * 2,
    );
    expect(similarity(small, large)).toBeGreaterThan(0.97);
  });

  test("finds a picture with noise nearer than one of other colours or other edges", () => {
    const stripes = describe48(painted((x) => (x % 8 < 4 ? [200, 40, 40] : [240, 220, 200])));
    const noisy = describe48(
      painted((x, y) => (x % 8 < 4 ? [200 + ((x * y) % 9), 40, 44] : [236, 220, 200 - (y % 7)])),
    );
    const blue = describe48(painted((x) => (x % 8 < 4 ? [40, 40, 200] : [200, 220, 240])));
    const across = describe48(painted((_x, y) => (y % 8 < 4 ? [200, 40, 40] : [240, 220, 200])));
    expect(similarity(stripes, noisy)).toBeGreaterThan(0.9);
    expect(similarity(stripes, blue)).toBeLessThan(0.85);
    expect(similarity(stripes, across)).toBeLessThan(0.85);
  });

  test("describes a picture of one pixel", () => {
    expect(visualDescriptor(new Uint8Array([255, 0, 0]), 1, 1)).toHaveLength(VISUAL_DIMENSIONS);
  });

  test("refuses fewer bytes than the picture has", () => {
    expect(() => visualDescriptor(new Uint8Array(5), 2, 1)).toThrow(RangeError);
  });
});

// Published values of the definition of Oklab: white is 1, 0, 0; pure red is 0.628, 0.2249, 0.1258.
test("Oklab has its published values for white and red", () => {
  const white = oklab(255, 255, 255);
  expect([white.lightness, white.a, white.b].map((value) => Math.abs(Number(value.toFixed(3))))).toEqual([1, 0, 0]);
  const red = oklab(255, 0, 0);
  expect([red.lightness, red.a, red.b].map((value) => Number(value.toFixed(3)))).toEqual([0.628, 0.225, 0.126]);
});
