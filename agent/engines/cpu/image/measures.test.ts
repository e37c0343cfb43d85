import { describe, expect, test } from "vitest";
import { colourName } from "./colour-names.ts";
import { lineOf } from "./ocr.ts";
import { dominantColours } from "./palette.ts";
import { differenceHash, perceptualHash } from "./perceptual-hash.ts";
import type { Picture } from "./picture.ts";
import { measureQuality } from "./quality.ts";

function painted(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly [number, number, number],
): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) rgb.set(colour(x, y), (y * width + x) * 3);
  return { rgb, width, height };
}

describe("colours", () => {
  test.each([
    [255, 0, 0, "red"],
    [20, 30, 140, "blue"],
    [250, 250, 250, "white"],
    [10, 10, 12, "black"],
    [120, 122, 119, "grey"],
    [34, 139, 34, "green"],
    [255, 215, 0, "yellow"],
    [101, 67, 33, "brown"],
    [255, 140, 0, "orange"],
    [128, 0, 128, "purple"],
    [255, 182, 193, "pink"],
  ])("rgb(%i, %i, %i) is %s", (red, green, blue, name) => {
    expect(colourName(red, green, blue)).toBe(name);
  });

  test("come with their shares, largest first", () => {
    const picture = painted(40, 10, (x) => (x < 30 ? [255, 0, 0] : [0, 0, 255]));
    expect(dominantColours(picture)).toEqual([
      { hex: "#ff0000", name: "red", share: 0.75 },
      { hex: "#0000ff", name: "blue", share: 0.25 },
    ]);
  });
});

describe("quality", () => {
  test("of a flat grey picture is exact", () => {
    expect(measureQuality(painted(10, 10, () => [128, 128, 128]))).toEqual({
      laplacianVariance: 0,
      exposure: 0.502,
      contrast: 0,
      noise: 0,
      shadowsClipped: 0,
      highlightsClipped: 0,
      verdicts: ["blurred", "flat"],
    });
  });

  test("of a black and white checkerboard is sharp and of full contrast", () => {
    const { laplacianVariance, contrast, verdicts } = measureQuality(
      painted(20, 20, (x, y) => ((x + y) % 2 === 0 ? [0, 0, 0] : [255, 255, 255])),
    );
    // Each inner point differs from its four neighbours by 255: the Laplacian is +-1020, its variance 1020 squared.
    expect(laplacianVariance).toBe(1_040_400);
    expect(contrast).toBe(0.5);
    expect(verdicts).not.toContain("blurred");
  });
});

describe("hashes", () => {
  const gradient = (width: number, height: number, add = 0): number[] =>
    Array.from(
      { length: width * height },
      (_, at) => Math.sin((at % width) * Math.floor(at / width) * 0.07) * 80 + 100 + add,
    );

  test("of differences tell falling from rising rows", () => {
    expect(differenceHash(Array.from({ length: 72 }, (_, at) => at % 9))).toBe("0000000000000000");
    expect(differenceHash(Array.from({ length: 72 }, (_, at) => -(at % 9)))).toBe("ffffffffffffffff");
  });

  test("do not change with brightness", () => {
    expect(perceptualHash(gradient(32, 32, 20))).toBe(perceptualHash(gradient(32, 32)));
  });
});

describe("a line of text", () => {
  const box = { x: 0, y: 0, width: 1, height: 1 };
  const word = (text: string, confidence: number) => ({ text, confidence, box });

  test("keeps its certain words only", () => {
    expect(lineOf([word("Harbour", 0.9), word("~;", 0.2), word("12", 0.8)])?.text).toBe("Harbour 12");
  });

  test("is none when no word of it is long and certain", () => {
    expect(lineOf([word("EN", 0.9), word("7S", 0.9), word("ean", 0.62)])).toBeNull();
  });
});
