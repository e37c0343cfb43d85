/** What every `VectorIndex` promises. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { VectorEntry, VectorIndex } from "../../shared/ports/vector-index.ts";
import { freshTenant } from "../support/postgres.ts";

export type VectorIndexFixture = {
  readonly index: VectorIndex;
  /** Resolves when everything written is visible. */
  readonly settled: () => Promise<void>;
};

/** The spaces that a fixture's index has to know, with their dimensions. */
export const CONTRACT_SPACES = { text: 3, visual: 2 } as const;

const entry = (insightId: string, vector: readonly number[], over: Partial<VectorEntry> = {}): VectorEntry => ({
  assetId: "ast_a",
  insightId,
  space: "text",
  vector,
  ...over,
});

/** Registers the suite; `fixture` is asked inside the tests, after the caller's own `beforeAll`. */
export function describeVectorIndex(name: string, fixture: () => VectorIndexFixture): void {
  describe(`${name} as a vector index`, () => {
    let index: VectorIndex;
    let settled: () => Promise<void>;
    let tenant: string;
    beforeEach(() => {
      ({ index, settled } = fixture());
      tenant = freshTenant();
    });
    const nearest = async (vector: readonly number[], limit = 10, space = "text"): Promise<string[]> => {
      await settled();
      return (await index.nearest(tenant, space, vector, limit)).map(({ insightId }) => insightId);
    };

    test("returns the nearest by cosine, best first, with their similarity", async () => {
      await index.upsert(tenant, [entry("x", [1, 0, 0]), entry("xy", [2, 2, 0]), entry("y", [0, 1, 0])]);
      await settled();
      const matches = await index.nearest(tenant, "text", [3, 0, 0], 2);
      expect(matches.map(({ insightId }) => insightId)).toEqual(["x", "xy"]);
      expect(matches[0]?.similarity).toBeCloseTo(1, 5);
      // cos 45°
      expect(matches[1]?.similarity).toBeCloseTo(0.70711, 4);
      expect(matches[0]?.assetId).toBe("ast_a");
    });

    test("replaces a vector and keeps one of each", async () => {
      await index.upsert(tenant, [entry("a", [1, 0, 0]), entry("b", [0, 1, 0])]);
      await index.upsert(tenant, [entry("a", [0, 0, 1])]);
      await index.upsert(tenant, [entry("a", [0, 0, 1])]);
      expect(await nearest([0, 0, 1], 1)).toEqual(["a"]);
      expect((await nearest([1, 1, 1])).toSorted()).toEqual(["a", "b"]);
    });

    test("takes the last of several entries with one identity", async () => {
      await index.upsert(tenant, [entry("a", [1, 0, 0]), entry("b", [0, 1, 0]), entry("a", [0, 0, 1])]);
      expect(await nearest([0, 0, 1], 1)).toEqual(["a"]);
    });

    test("keeps spaces of different dimensions apart", async () => {
      await index.upsert(tenant, [entry("a", [1, 0, 0]), entry("a", [0, 1], { space: "visual" })]);
      expect(await nearest([1, 0, 0])).toEqual(["a"]);
      expect(await nearest([0, 1], 10, "visual")).toEqual(["a"]);
    });

    test("shows nothing to another tenant and deletes nothing of it", async () => {
      const other = freshTenant();
      await index.upsert(other, [entry("theirs", [1, 0, 0])]);
      await index.upsert(tenant, [entry("mine", [1, 0, 0])]);
      expect(await nearest([1, 0, 0])).toEqual(["mine"]);
      await index.deleteAsset(tenant, "ast_a");
      expect(await nearest([1, 0, 0])).toEqual([]);
      expect(await index.nearest(other, "text", [1, 0, 0], 5)).toHaveLength(1);
    });

    test("deletes every vector of an asset in all spaces, and no other asset's", async () => {
      const many = Array.from({ length: 250 }, (_, i) => entry(`many-${i}`, [1, i / 250, 0], { assetId: "ast_many" }));
      await index.upsert(tenant, [...many, entry("v", [1, 0], { assetId: "ast_many", space: "visual" })]);
      await index.upsert(tenant, [entry("kept", [1, 0, 0])]);
      await settled();
      await index.deleteAsset(tenant, "ast_many");
      expect(await nearest([1, 0, 0], 100)).toEqual(["kept"]);
      expect(await nearest([1, 0], 100, "visual")).toEqual([]);
      await index.deleteAsset(tenant, "ast_many");
      await index.deleteAsset(tenant, "ast_never_seen");
    });

    test("returns at most a hundred", async () => {
      await index.upsert(
        tenant,
        Array.from({ length: 130 }, (_, i) => entry(`e${i}`, [1, i / 130, 0])),
      );
      expect(await nearest([1, 0, 0], 100)).toHaveLength(100);
      expect(await nearest([1, 0, 0], 1000)).toHaveLength(100);
    });

    test("knows no neighbour of the zero vector", async () => {
      await index.upsert(tenant, [entry("zero", [0, 0, 0]), entry("a", [1, 0, 0])]);
      expect(await nearest([0, 0, 0])).toEqual([]);
      expect(await nearest([1, 0, 0])).toEqual(["a"]);
    });

    test("takes long ids and an empty list", async () => {
      const long = entry("insight".repeat(30), [1, 0, 0], { assetId: `ast_${"0".repeat(32)}` });
      await index.upsert(tenant, []);
      await index.upsert(tenant, [long]);
      expect(await nearest([1, 0, 0])).toEqual([long.insightId]);
    });

    test("ends in the same matches for any order of upserts of different vectors", async () => {
      const entries = [entry("a", [1, 0, 0]), entry("b", [1, 1, 0]), entry("c", [1, 1, 1]), entry("d", [0, 0, 1])];
      await fc.assert(
        fc.asyncProperty(fc.shuffledSubarray(entries, { minLength: entries.length }), async (shuffled) => {
          tenant = freshTenant();
          for (const item of [...shuffled, ...shuffled.slice(0, 2)]) await index.upsert(tenant, [item]);
          expect(await nearest([1, 0.1, 0])).toEqual(["a", "b", "c", "d"]);
        }),
        { numRuns: 10 },
      );
    });
  });
}
