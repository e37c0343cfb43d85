import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newId } from "./ids.ts";

const ZEROS = new Uint8Array(16);

describe("newId", () => {
  it("writes the time as a ULID does, and five bits of each random byte", () => {
    // The example of the ULID specification: 01ARYZ6S41 is 2016-07-30T22:36:16.385Z.
    expect(newId("evt", Date.UTC(2016, 6, 30, 22, 36, 16, 385), ZEROS)).toBe("evt_01ARYZ6S410000000000000000");
    const random = Uint8Array.from({ length: 16 }, (_, index) => 0xe0 + index * 2 + 1);
    expect(newId("ast", 0, random)).toBe("ast_000000000013579BDFHKNQSVXZ");
    expect(newId("ast", 2 ** 48 - 1, ZEROS)).toBe("ast_7ZZZZZZZZZ0000000000000000");
  });

  it("sorts as the time does", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.nat(2 ** 40), (a, b) => {
        expect(newId("req", a, ZEROS) < newId("req", b, ZEROS)).toBe(a < b);
      }),
    );
  });
});
