import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LEXICAL_DIMENSIONS, lexicalVector } from "./lexical-vector.ts";

const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const similarity = (a: string, b: string): number => cosine(lexicalVector(a), lexicalVector(b));

describe("lexicalVector", () => {
  test("has 384 numbers and length one for every text with a word", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-zA-Z0-9é]{1,12}$/), { minLength: 1 }), (words) => {
        const vector = lexicalVector(words.join(" "));
        expect(vector).toHaveLength(LEXICAL_DIMENSIONS);
        expect(cosine(vector, vector)).toBeCloseTo(1, 9);
      }),
    );
  });

  test("is the zero vector for a text without letters and digits", () => {
    expect(lexicalVector("")).toEqual(Array.from({ length: 384 }, () => 0));
    expect(lexicalVector(" … !? ")).toEqual(Array.from({ length: 384 }, () => 0));
  });

  test("gives the same numbers for any order of the words", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { maxLength: 20 }), (words) => {
        expect(lexicalVector(words.toReversed().join(" "))).toEqual(lexicalVector(words.join(", ")));
      }),
    );
  });

  test("folds case, accents and compatibility forms", () => {
    expect(lexicalVector("Crème BRÛLÉE ﬁsh")).toEqual(lexicalVector("creme brulee fish"));
  });

  test("puts a misspelling nearer than another word", () => {
    for (const [word, misspelled, other] of [
      ["lighthouse", "lighthuose", "mountain"],
      ["aurora", "auroa", "kitchen"],
      ["conference", "confrence", "telescope"],
    ] as const) {
      expect(similarity(word, misspelled)).toBeGreaterThan(similarity(word, other) + 0.1);
    }
  });

  test("puts an inflected form near its stem", () => {
    expect(similarity("lighthouses", "lighthouse")).toBeGreaterThan(0.8);
    expect(similarity("sailing boats", "sailed boat")).toBeGreaterThan(0.6);
  });

  test("lets stop words count little", () => {
    expect(similarity("the lighthouse at the harbour", "lighthouse harbour")).toBeGreaterThan(0.95);
    expect(similarity("the cat of a friend", "the tax of a lawyer")).toBeLessThan(0.3);
  });

  test("keeps unrelated texts below 0.3", () => {
    const subjects = ["xqzzyv", "red bicycle", "quarterly revenue", "ocean waves", "piano concerto", "tomato soup"];
    const similarities = subjects.flatMap((a) => subjects.filter((b) => b !== a).map((b) => similarity(a, b)));
    expect(Math.max(...similarities.map(Math.abs))).toBeLessThan(0.3);
  });

  test("keeps its persisted numbers", () => {
    const vector = lexicalVector("aurora");
    const written = vector.flatMap((value, position) => (value === 0 ? [] : [position]));
    expect(written).toMatchInlineSnapshot(`
      [
        0,
        11,
        19,
        39,
        79,
        98,
        134,
        150,
        168,
        172,
        188,
        190,
        200,
        218,
        226,
        230,
        235,
        243,
        257,
        261,
        281,
        286,
        309,
        318,
        347,
        348,
        370,
        376,
      ]
    `);
  });
});
