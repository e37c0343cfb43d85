import { describe, expect, it } from "vitest";
import { newTenantId, residencyOf } from "./residency.ts";

const random = (seed: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => (seed * 31 + i * 17) % 256);

describe("residency", () => {
  it("is read from the id that was made for it", () => {
    for (const residency of ["any", "eu", "us"] as const) {
      for (let seed = 0; seed < 50; seed += 1) {
        const id = newTenantId(residency, 1_795_608_000_000 + seed, random(seed));
        expect(id).toMatch(/^ten_[0-9A-Za-z]{26,28}$/);
        expect(residencyOf(id)).toBe(residency);
      }
    }
  });

  it("of every other id is any", () => {
    for (const id of ["ten_platform", "ten_europe", "ten_eu1234", "ten_usa", "ten_eu01M85NKE4DP0RP9DAQ2HN40J9", ""]) {
      expect(residencyOf(id)).toBe("any");
    }
  });
});
