import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StepOutcome } from "../../../engine.ts";
import { insightsOf, runInPlace } from "../../../testing/run-in-place.ts";
import { imagePass } from "./pass.ts";

/** Letters as strokes of 40 x 60 points, so that the picture has text without a font on the machine. */
const LETTERS: Readonly<Record<string, string>> = {
  H: "M0 0V60M0 29H36M36 0V60",
  A: "M0 60L20 0L40 60M7 40H33",
  R: "M0 60V0H20A16 16 0 0 1 20 32H0M20 32L36 60",
  B: "M0 29H22A15.5 15.5 0 0 1 22 60H0V0H20A14.5 14.5 0 0 1 20 29",
  O: "M20 0A20 30 0 0 1 20 60A20 30 0 0 1 20 0",
  U: "M0 0V40A18 20 0 0 0 36 40V0",
};

function svgText(word: string): string {
  const strokes = Array.from(
    word,
    (letter, at) => `<path transform="translate(${40 + at * 56} 60)" d="${LETTERS[letter]}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="180"><rect width="480" height="180" fill="#fff"/><g fill="none" stroke="#001060" stroke-width="9">${strokes.join("")}</g></svg>`;
}

describe("a picture with text", () => {
  let outcomes: Map<string, StepOutcome>;
  let fileSizes: Map<string, number>;

  beforeAll(async () => {
    const bytes = await sharp(Buffer.from(svgText("HARBOUR")))
      .png()
      .toBuffer();
    ({ outcomes, fileSizes } = await runInPlace(imagePass, { bytes, mediaType: "image" }, [...imagePass.operations]));
  });

  test("is read, with the place of the words", () => {
    const [whole, line] = insightsOf(outcomes.get("ocr"));
    expect(whole).toMatchObject({
      kind: "ocr-text",
      text: "HARBOUR",
      box: null,
      embedding: { space: "lexical-hash-v1" },
    });
    expect(line?.text).toBe("HARBOUR");
    expect(line?.box?.x).toBeCloseTo(0.08, 1);
    expect(line?.box?.y).toBeCloseTo(0.3, 1);
  });

  test("has its measures, its colours and its vector", () => {
    expect(outcomes.get("probe")).toMatchObject({ metadata: { width: 480, height: 180 } });
    expect(insightsOf(outcomes.get("colours"))[0]?.text).toMatch(/^white, blue/);
    expect(insightsOf(outcomes.get("fingerprint"))[0]?.data["phash"]).toMatch(/^[0-9a-f]{16}$/);
    expect(insightsOf(outcomes.get("embed"))[0]?.embedding?.space).toBe("visual-descriptor-v1");
  });

  test("has a thumbnail", () => {
    expect(insightsOf(outcomes.get("thumbnail"))[0]?.data).toEqual({ width: 480, height: 180 });
    expect(fileSizes.get("thumbnail.webp")).toBeGreaterThan(100);
  });
});

describe("pictures of every kind", () => {
  const wide = sharp({ create: { width: 640, height: 320, channels: 3, background: "#c01818" } });
  let turned: Buffer;

  beforeAll(async () => {
    turned = await wide.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer();
  });
  afterAll(() => {
    wide.destroy();
  });

  test("a thumbnail stands upright and is 512 px at most", async () => {
    const { outcomes } = await runInPlace(imagePass, { bytes: turned, mediaType: "image" }, ["thumbnail", "probe"]);
    expect(insightsOf(outcomes.get("thumbnail"))[0]?.data).toEqual({ width: 256, height: 512 });
    expect(outcomes.get("probe")).toMatchObject({ metadata: { width: 640, height: 320, orientation: 6 } });
  });

  test("a picture without text says so", async () => {
    const { outcomes } = await runInPlace(imagePass, { bytes: turned, mediaType: "image" }, ["ocr"]);
    expect(insightsOf(outcomes.get("ocr"))).toMatchObject([{ kind: "ocr-text", text: null, data: { words: 0 } }]);
  });

  test("a BMP is read by the second decoder", async () => {
    const { outcomes } = await runInPlace(imagePass, { bytes: bmpOf(4, 2, [24, 24, 192]), mediaType: "image" }, [
      "probe",
      "colours",
    ]);
    expect(insightsOf(outcomes.get("probe"))[0]?.data["decoder"]).toBe("ffmpeg");
    expect(insightsOf(outcomes.get("colours"))[0]?.text).toBe("red");
  });

  test("what is no picture fails every step with the reason", async () => {
    const { outcomes } = await runInPlace(
      imagePass,
      { bytes: Buffer.from("not a picture at all"), mediaType: "image" },
      ["probe", "ocr"],
    );
    expect([...outcomes.values()]).toMatchObject([
      { status: "failed", reason: { code: "undecodable" } },
      { status: "failed", reason: { code: "undecodable" } },
    ]);
  });

  test("a picture of too many pixels is refused before it is decoded", async () => {
    // A PNG header of 20,000 x 20,000 pixels without any.
    const header = Buffer.from("89504e470d0a1a0a0000000d4948445200004e2000004e200802000000", "hex");
    const input = { bytes: header, mediaType: "image", metadata: { width: 20_000, height: 20_000 } } as const;
    const { outcomes } = await runInPlace(imagePass, input, ["colours"]);
    expect(outcomes.get("colours")).toMatchObject({ status: "failed", reason: { code: "too_many_pixels" } });
  });
});

/** A BMP of one colour; channels in the file's order: blue, green, red. */
function bmpOf(width: number, height: number, bgr: readonly number[]): Buffer {
  const rowBytes = Math.ceil((width * 3) / 4) * 4;
  const header = Buffer.alloc(54);
  header.write("BM");
  header.writeUInt32LE(54 + rowBytes * height, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  const row = Buffer.alloc(rowBytes);
  for (let x = 0; x < width; x += 1) row.set(bgr, x * 3);
  return Buffer.concat([header, ...Array.from({ length: height }, () => row)]);
}
