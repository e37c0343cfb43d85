import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Family, rotate } from "./rotation.ts";

const GRACE_MS = 30_000;

describe("rotation", () => {
  it("R1, R2: a token is used once; the one before gives the same successor until 30 s after its use", () => {
    const next = rotate({ generation: 0, refreshedAtMs: 0 }, 0, 1_000);
    expect(next).toEqual({ kind: "next", family: { generation: 1, refreshedAtMs: 1_000 } });
    const family: Family = { generation: 1, refreshedAtMs: 1_000 };
    expect(rotate(family, 0, 31_000)).toEqual({ kind: "same", family });
    expect(rotate(family, 0, 31_001)).toEqual({ kind: "end" });
  });

  it("R3: an older one ends the session at any time, and so does one that was never given out", () => {
    const family: Family = { generation: 3, refreshedAtMs: 1_000 };
    for (const generation of [0, 1, 4, 9]) expect(rotate(family, generation, 1_000)).toEqual({ kind: "end" });
  });

  /** What a holder of tokens does: waits, then presents the newest but `back`. */
  const steps = fc.array(
    fc.record({ waitMs: fc.constantFrom(0, 1, 10_000, 29_999, 30_000, 30_001, 90_000), back: fc.nat({ max: 4 }) }),
    { minLength: 1, maxLength: 60 },
  );

  it("in any order of refreshes and repetitions there is one line of tokens, and a replay after its grace ends it for good", () => {
    fc.assert(
      fc.property(steps, (course) => {
        let family: Family | null = { generation: 0, refreshedAtMs: 0 };
        // The oracle knows only which tokens were handed out, and when each was used first.
        const handedOut = [0];
        const usedAtMs = new Map<number, number>();
        let nowMs = 0;
        for (const { waitMs, back } of course) {
          nowMs += waitMs;
          const token = handedOut[Math.max(handedOut.length - 1 - back, 0)]!;
          if (family === null) return;
          const isNewest = token === handedOut.at(-1);
          const firstUse = usedAtMs.get(token);
          const lostAnswer = token === handedOut.at(-2) && firstUse !== undefined && nowMs - firstUse <= GRACE_MS;
          const rotation = rotate(family, token, nowMs);
          if (isNewest) {
            expect(rotation.kind).toBe("next");
            usedAtMs.set(token, nowMs);
          } else {
            expect(rotation.kind).toBe(lostAnswer ? "same" : "end");
          }
          if (rotation.kind === "end") {
            family = null;
            continue;
          }
          family = rotation.family;
          // Never a second successor of one token: all that is alive follows from the newest.
          if (rotation.kind === "next") {
            expect(handedOut).not.toContain(family.generation);
            handedOut.push(family.generation);
          } else {
            expect(family.generation).toBe(handedOut.at(-1));
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("a stolen token ends the session as soon as owner and thief have both used it", () => {
    fc.assert(
      fc.property(fc.integer({ min: GRACE_MS + 1, max: 3_600_000 }), (apartMs) => {
        // Owner and thief hold token 0. One uses it, whoever it is; the other comes when the grace is over.
        const first = rotate({ generation: 0, refreshedAtMs: 0 }, 0, 0);
        if (first.kind !== "next") throw new Error("the first use is refused");
        expect(rotate(first.family, 0, apartMs)).toEqual({ kind: "end" });
      }),
    );
  });
});
