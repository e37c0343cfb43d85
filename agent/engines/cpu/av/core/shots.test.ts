import { describe, expect, it } from "vitest";
import { allCandidates, type Change, extendCuts, NO_CUTS } from "./cut-candidates.ts";
import { keyMomentOf, keyShots } from "./picture-times.ts";
import { shotsOf } from "./shots.ts";

const FRAME_MS = 40;

function candidates(changes: readonly number[], frameMs = FRAME_MS): ReturnType<typeof allCandidates> {
  const each = changes.map((change, index): Change => ({ atMs: (index + 1) * frameMs, change }));
  return allCandidates(each.reduce(extendCuts, NO_CUTS));
}

const calm = (count: number, change = 1): number[] => Array.from({ length: count }, () => change);

describe("shots", () => {
  it("begin where one change stands out", () => {
    const found = candidates([...calm(24), 40, ...calm(50)]);

    expect(shotsOf(found, [], { startMs: 0, endMs: 3040 })).toEqual([
      { startMs: 0, endMs: 1000, score: 1 },
      { startMs: 1000, endMs: 3040, score: 40 / 60 },
    ]);
  });

  it("do not begin in fast motion, where every change is large", () => {
    expect(shotsOf(candidates(calm(50, 25)), [], { startMs: 0, endMs: 2040 })).toHaveLength(1);
  });

  it("are not cut twice by the edges of a flash", () => {
    const found = candidates([...calm(24), 80, 1, 1, 80, ...calm(50)]);

    expect(shotsOf(found, [], { startMs: 0, endMs: 3200 }).map((shot) => shot.startMs)).toEqual([0, 1000]);
  });

  it("of a slide show begin with each slide", () => {
    const found = candidates([30, 35, 20], 1000);

    expect(shotsOf(found, [], { startMs: 0, endMs: 4000 }).map((shot) => shot.startMs)).toEqual([0, 1000, 2000, 3000]);
  });

  it("begin in the middle of darkness that comes and goes slowly", () => {
    expect(shotsOf([], [[4000, 5000]], { startMs: 0, endMs: 9000 }).map((shot) => shot.startMs)).toEqual([0, 4500]);
  });

  it("see a cut in the last frames too", () => {
    const found = candidates([...calm(24), 40, 1]);

    expect(found.map((candidate) => candidate.atMs)).toEqual([1000]);
  });
});

describe("pictures of shots", () => {
  it("show the middle, or the middle of what is not black", () => {
    const shot = { startMs: 0, endMs: 10_000, score: 1 };

    expect(keyMomentOf(shot, [])).toBe(5000);
    expect(keyMomentOf(shot, [[4000, 7000]])).toBe(2000);
  });

  it("are made of the forty longest, in order", () => {
    const shots = Array.from({ length: 50 }, (_, index) => ({
      startMs: index * 100_000,
      endMs: index * 100_000 + index + 1,
      score: 1,
    }));

    expect(keyShots(shots).map(({ index }) => index)).toEqual(Array.from({ length: 40 }, (_, index) => index + 10));
  });
});
