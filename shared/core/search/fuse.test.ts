import { describe, expect, test } from "vitest";
import type { RankedList } from "./fuse.ts";
import { fuse } from "./fuse.ts";

const list = (index: RankedList<string>["index"], ...keys: string[]): RankedList<string> => ({
  index,
  matches: keys.map((key) => ({ key, detail: `${index} saw ${key}`, item: key })),
});

describe("fuse", () => {
  test("sums 1/(60 + rank) over the indexes", () => {
    const fused = fuse([list("trigram", "a", "b", "c"), list("vector", "c", "a")]);
    // By hand: a = 1/61 + 1/62, c = 1/63 + 1/61, b = 1/62.
    expect(fused.map(({ item }) => item)).toEqual(["a", "c", "b"]);
    expect(fused[0]?.score).toBeCloseTo(0.0325225, 7);
    expect(fused[1]?.score).toBeCloseTo(0.0322665, 7);
    expect(fused[2]?.score).toBeCloseTo(0.016129, 7);
  });

  test("keeps a match of all words before everything that is only similar", () => {
    const fused = fuse([list("full-text", "x", "exact"), list("trigram", "near", "x"), list("vector", "near", "x")]);
    expect(fused.map(({ item }) => item)).toEqual(["x", "exact", "near"]);
  });

  test("tells every reason with its rank", () => {
    const [first] = fuse([list("full-text", "a"), list("vector", "b", "a")]);
    expect(first?.reasons).toEqual([
      { index: "full-text", rank: 1, detail: "full-text saw a" },
      { index: "vector", rank: 2, detail: "vector saw a" },
    ]);
  });

  test("orders equals by their key", () => {
    const forward = fuse([list("trigram", "b"), list("vector", "a")]);
    const backward = fuse([list("vector", "a"), list("trigram", "b")]);
    expect(forward.map(({ item }) => item)).toEqual(["a", "b"]);
    expect(backward.map(({ item }) => item)).toEqual(["a", "b"]);
  });

  test("has nothing to say about nothing", () => {
    expect(fuse([])).toEqual([]);
  });
});
