import { describe, expect, it } from "vitest";
import { displaySize } from "./display-size.ts";

describe("the size of a shown picture", () => {
  it("makes the pixels square", () => {
    expect(displaySize({ width: 720, height: 576, aspect: 64 / 45 }, 2000)).toEqual({ width: 1024, height: 576 });
  });

  it("is at most so large, and never nothing", () => {
    expect(displaySize({ width: 1920, height: 1080, aspect: 1 }, 640)).toEqual({ width: 640, height: 360 });
    expect(displaySize({ width: 4000, height: 1, aspect: 1 }, 640)).toEqual({ width: 640, height: 1 });
  });

  it("takes an impossible shape of pixels as square", () => {
    expect(displaySize({ width: 100, height: 100, aspect: Number.NaN }, 640)).toEqual({ width: 100, height: 100 });
  });
});
