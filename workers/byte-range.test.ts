import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRange } from "./byte-range.ts";

describe("parseRange", () => {
  it.each([
    [null, { kind: "whole" }],
    ["bytes=0-0", { kind: "part", offset: 0, length: 1 }],
    ["bytes=2-", { kind: "part", offset: 2, length: 8 }],
    ["bytes=-3", { kind: "part", offset: 7, length: 3 }],
    ["bytes=-99", { kind: "part", offset: 0, length: 10 }],
    ["bytes=5-99", { kind: "part", offset: 5, length: 5 }],
    ["bytes=10-", { kind: "unsatisfiable" }],
    ["bytes=-0", { kind: "unsatisfiable" }],
    ["bytes=3-2", { kind: "whole" }],
    ["bytes=0-1,3-4", { kind: "whole" }],
    ["items=0-1", { kind: "whole" }],
    ["bytes=-", { kind: "whole" }],
  ])("reads %s of ten bytes", (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  it("never leaves the content, whatever the header says", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d{0,20}-\d{0,20}$/)), fc.nat(), (header, size) => {
        const range = parseRange(header, size);
        if (range.kind !== "part") return;
        expect(range.length).toBeGreaterThan(0);
        expect(range.offset).toBeGreaterThanOrEqual(0);
        expect(range.offset + range.length).toBeLessThanOrEqual(size);
      }),
    );
  });

  it("gives the bytes that a slice gives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.nat(60), fc.nat(60), (bytes, first, more) => {
        const range = parseRange(`bytes=${first}-${first + more}`, bytes.length);
        const wanted = bytes.slice(first, first + more + 1);
        const got = range.kind === "part" ? bytes.slice(range.offset, range.offset + range.length) : new Uint8Array();
        expect(got).toEqual(wanted);
      }),
    );
  });
});
