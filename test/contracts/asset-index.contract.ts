/** What every `AssetIndex` promises. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { AssetChange, AssetIndex, StalledPosition } from "../../shared/ports/asset-index.ts";
import { assetId, change, insight, query } from "../support/index-data.ts";
import { freshTenant } from "../support/postgres.ts";

export type AssetIndexFixture = {
  readonly index: AssetIndex;
  /** Everything stored of the tenant, in a fixed order, without the tenant's name. */
  rows(tenant: string): Promise<unknown>;
};

const one = assetId(1);
const two = assetId(2);

/** Registers the suite; `fixture` is asked inside the tests, after the caller's own `beforeAll`. */
export function describeAssetIndex(name: string, fixture: () => AssetIndexFixture): void {
  describe(`${name} as an asset index`, () => {
    let index: AssetIndex;
    let tenant: string;
    beforeEach(() => {
      index = fixture().index;
      tenant = freshTenant();
    });
    const found = async (q: string, over = {}): Promise<string[]> =>
      (await index.searchText(tenant, query(q, over), 20)).map(({ assetId: id, insightId }) => `${id} ${insightId}`);

    describe("stalled", () => {
      test("names unfinished assets that have been silent, and no others", async () => {
        const at = { updatedAt: "2020-01-01T00:00:00.000Z" };
        await index.apply(tenant, change(one, [0, 4], [], { ...at, status: "analysing" }));
        await index.apply(tenant, change(two, [0, 4], [], { ...at, status: "analysed" }));
        const silent = await index.stalled("2020-01-02T00:00:00.000Z", 1000, null);
        expect(silent.filter((each) => each.tenant === tenant)).toEqual([
          { tenant, assetId: one, updatedAt: at.updatedAt },
        ]);
        expect(await index.stalled("2020-01-01T00:00:00.000Z", 1000, null)).toEqual([]);
        await index.apply(tenant, change(one, [4, 5], [], { ...at, status: "deleted" }));
        expect(
          (await index.stalled("2020-01-02T00:00:00.000Z", 1000, null)).filter((each) => each.tenant === tenant),
        ).toEqual([]);
      });

      test("goes on after a position, longest silent first, then by tenant and id", async () => {
        const days = [3, 1, 2, 1, 1];
        for (const [number, day] of days.entries()) {
          const updatedAt = `2010-01-0${day}T00:00:00.000Z`;
          await index.apply(tenant, change(assetId(number + 1), [0, 1], [], { updatedAt, status: "inspecting" }));
        }
        const seen: string[] = [];
        for (let after: StalledPosition | null = null; ;) {
          const page: StalledPosition[] = await index.stalled("2010-02-01T00:00:00.000Z", 2, after);
          seen.push(...page.map((each) => each.assetId));
          after = page.at(-1) ?? null;
          if (after === null) break;
        }
        expect(seen).toEqual([2, 4, 5, 3, 1].map(assetId));
      });
    });

    describe("apply", () => {
      test("makes an asset known up to its number", async () => {
        expect(await index.indexedSeq(tenant, one)).toBe(0);
        await index.apply(tenant, change(one, [0, 4], [insight("a", "red lighthouse")]));
        expect(await index.indexedSeq(tenant, one)).toBe(4);
        expect(await found("lighthouse")).toEqual([`${one} a`]);
      });

      test("changes nothing when a change comes again or late", async () => {
        await index.apply(tenant, change(one, [0, 4], [insight("a", "old words")]));
        await index.apply(tenant, change(one, [0, 9], [insight("a", "new words")], { name: "new.jpg" }));
        const before = await fixture().rows(tenant);
        await index.apply(tenant, change(one, [0, 4], [insight("a", "old words")]));
        await index.apply(tenant, change(one, [0, 9], [insight("a", "new words")], { name: "new.jpg" }));
        expect(await fixture().rows(tenant)).toEqual(before);
        expect(await found("old")).toEqual([]);
      });

      test("counts a number as applied only when everything before it is there", async () => {
        await index.apply(tenant, change(one, [4, 9], [insight("b", "second part")]));
        expect(await index.indexedSeq(tenant, one)).toBe(0);
        expect(await index.apply(tenant, change(one, [0, 4], [insight("a", "first part")]))).toBe(9);
        expect(await index.indexedSeq(tenant, one)).toBe(9);
        expect((await found("part")).toSorted()).toEqual([`${one} a`, `${one} b`]);
      });

      test("keeps a deleted asset deleted, whatever comes late", async () => {
        await index.apply(tenant, change(one, [0, 4], [insight("a", "red lighthouse")]));
        await index.apply(tenant, change(one, [4, 5], [], { status: "deleted" }));
        await index.apply(tenant, change(one, [0, 4], [insight("a", "red lighthouse")]));
        await index.apply(tenant, change(one, [2, 4], [insight("c", "late lighthouse")]));
        expect(await found("lighthouse")).toEqual([]);
        expect(await index.list(tenant, { limit: 10 })).toEqual([]);
        expect(await index.hydrate(tenant, query("x"), [{ assetId: one, insightId: "a" }])).toEqual([]);
        expect(await index.indexedSeq(tenant, one)).toBe(0);
      });

      test("takes a restored asset from its beginning, and no late word of its deletion", async () => {
        const restored = change(one, [5, 6], [], { name: "back.jpg" });
        const deletion = change(one, [4, 5], [], { status: "deleted" });
        await index.apply(tenant, change(one, [0, 4], [insight("a", "red lighthouse")]));
        expect(await index.apply(tenant, deletion)).toBe(0);
        expect(await index.apply(tenant, restored)).toBe(0);
        expect(await index.apply(tenant, deletion)).toBe(0);
        expect(await index.apply(tenant, change(one, [0, 6], [insight("a", "red lighthouse")]))).toBe(6);
        expect(await index.apply(tenant, deletion)).toBe(6);
        expect(await found("lighthouse")).toEqual([`${one} a`]);
        expect((await index.list(tenant, { limit: 9 })).map(({ name: given }) => given)).toEqual(["back.jpg"]);
        expect(await index.apply(tenant, change(one, [6, 7], [], { status: "deleted" }))).toBe(0);
        expect(await found("lighthouse")).toEqual([]);
      });

      test("keeps text that a database refuses as it is", async () => {
        const text = "nul\u0000 half\ud800 wörter 日本語 😀 \\u0000 'quoted' {\"a\":1}";
        await index.apply(tenant, change(one, [0, 1], [insight("a", text, { data: { "k\u0000": ["\udc00"] } })]));
        const [hit] = await index.searchText(tenant, query("wörter"), 5);
        expect(hit?.snippet).toBe("nul half\ufffd wörter 日本語 😀 \\u0000 'quoted' {\"a\":1}");
      });

      test("takes the longest text there may be", async () => {
        // 20,000 different words of four characters, each with a space: 100,000 characters.
        const words = Array.from({ length: 20_000 }, (_, i) => (i + 46_656).toString(36));
        await index.apply(tenant, change(one, [0, 1], [insight("a", words.join(" ").slice(0, 100_000))]));
        expect(await found("1234")).toEqual([`${one} a`]);
      });

      test("takes the last of several insights with one id", async () => {
        await index.apply(tenant, change(one, [0, 2], [insight("a", "first"), insight("a", "second")]));
        expect(await found("second")).toEqual([`${one} a`]);
        expect(await found("first")).toEqual([]);
      });

      test("finds nothing of an insight that was removed, whatever comes late", async () => {
        const removed = insight("a", "", { kind: "removed", text: null, confidence: null });
        await index.apply(
          tenant,
          change(one, [0, 4], [insight("a", "red lighthouse"), insight("b", "blue lighthouse")]),
        );
        await index.apply(tenant, change(one, [4, 6], [removed]));
        await index.apply(tenant, change(one, [0, 4], [insight("a", "red lighthouse")]));
        expect(await found("lighthouse")).toEqual([`${one} b`]);
        const named = ["a", "b"].map((insightId) => ({ assetId: one, insightId }));
        const hydrated = await index.hydrate(tenant, query("x"), named);
        expect(hydrated.map(({ insightId }) => insightId)).toEqual(["b"]);
      });

      test("ends in the same rows for any order and repetition of a history", async () => {
        const history: AssetChange[] = [
          change(one, [0, 2], [insight("a", "a at two")]),
          change(one, [0, 5], [insight("a", "a at two"), insight("b", "b at five", { page: 3 })]),
          change(one, [2, 5], [insight("b", "b at five", { page: 3 })]),
          change(one, [5, 8], [insight("a", "a at eight")], { name: "renamed.jpg" }),
        ];
        const deletion = change(one, [8, 9], [], { status: "deleted" });
        for (const changes of [history, [...history, deletion]]) {
          const reference = freshTenant();
          for (const item of changes) await index.apply(reference, item);
          const expected = await fixture().rows(reference);
          const deliveries = fc
            .tuple(
              fc.shuffledSubarray(changes, { minLength: changes.length }),
              fc.array(fc.constantFrom(...changes), { maxLength: 4 }),
            )
            .chain(([all, again]) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }));
          await fc.assert(
            fc.asyncProperty(deliveries, async (delivered) => {
              const other = freshTenant();
              for (const item of delivered) await index.apply(other, item);
              expect(await fixture().rows(other)).toEqual(expected);
            }),
            { numRuns: 25 },
          );
        }
      });

      test("ends in the same rows when deliveries overlap in time", async () => {
        const changes = [2, 4, 6, 8].map((seq) => change(one, [0, seq], [insight("a", `a at ${seq}`)]));
        await Promise.all(changes.map((item) => index.apply(tenant, item)));
        expect(await index.indexedSeq(tenant, one)).toBe(8);
        expect(await found("8")).toEqual([`${one} a`]);
      });
    });

    describe("list", () => {
      test("shows the newest first, page by page", async () => {
        for (const [number, day] of [
          [1, 3],
          [2, 5],
          [3, 5],
          [4, 1],
        ] as const) {
          const createdAt = `2026-03-0${day}T00:00:00.000Z`;
          await index.apply(tenant, change(assetId(number), [0, 1], [], { createdAt }));
        }
        const first = await index.list(tenant, { limit: 2 });
        expect(first.map(({ id }) => id)).toEqual([assetId(3), assetId(2)]);
        const after = { createdAt: first[1]!.createdAt, id: first[1]!.id };
        expect((await index.list(tenant, { limit: 9, after })).map(({ id }) => id)).toEqual([assetId(1), assetId(4)]);
      });

      test("filters by status and media type", async () => {
        await index.apply(tenant, change(one, [0, 1], [], { status: "failed", mediaType: "audio" }));
        await index.apply(tenant, change(two, [0, 1], [], { status: "analysed", mediaType: null }));
        expect((await index.list(tenant, { limit: 9, status: "failed" })).map(({ id }) => id)).toEqual([one]);
        expect((await index.list(tenant, { limit: 9, mediaType: "audio" })).map(({ id }) => id)).toEqual([one]);
        expect(await index.list(tenant, { limit: 9, mediaType: "video" })).toEqual([]);
      });

      test("returns a summary as it was given", async () => {
        const given = change(one, [0, 1], [], {
          tags: ["a", "b"],
          metadata: { width: 3, title: "x" },
          mediaType: null,
        });
        await index.apply(tenant, given);
        expect(await index.list(tenant, { limit: 9 })).toEqual([given.summary]);
      });
    });

    describe("search", () => {
      beforeEach(async () => {
        await index.apply(
          tenant,
          change(
            one,
            [0, 1],
            [
              insight("phrase", "the red lighthouse stands", {
                box: { x: 0.1, y: 0.2, width: 0.3, height: 0.4 },
                page: 2,
              }),
              insight("spread", "a lighthouse, and far away something red"),
              insight("speech", "sailing boats", { kind: "transcript", timeRange: { startMs: 1500, endMs: 2500 } }),
              insight("silent", null),
            ],
          ),
        );
        await index.apply(
          tenant,
          change(two, [0, 1], [insight("far", "kitchen table")], {
            mediaType: "audio",
            createdAt: "2026-04-01T00:00:00.000Z",
            name: "other.wav",
          }),
        );
      });

      test("puts the exact phrase before all words apart", async () => {
        expect(await found("red lighthouse")).toEqual([`${one} phrase`, `${one} spread`]);
      });

      test("finds other forms of a word", async () => {
        expect(await found("sailed boat")).toEqual([`${one} speech`]);
      });

      test("understands phrases, alternatives and exclusion", async () => {
        expect(await found('"red lighthouse"')).toEqual([`${one} phrase`]);
        expect((await found("kitchen or boats")).toSorted()).toEqual([`${one} speech`, `${two} far`]);
        expect(await found("lighthouse -stands")).toEqual([`${one} spread`]);
      });

      test("takes any text as a query", async () => {
        for (const q of ["'", '"', "((", "a & | !", "\\", ":*", "%_", "\u0000", "<->", "the"]) {
          await expect(index.searchText(tenant, query(q), 5)).resolves.toBeInstanceOf(Array);
          await expect(index.searchTrigram(tenant, query(q), 5)).resolves.toBeInstanceOf(Array);
        }
      });

      test("gives a hit its moment", async () => {
        const [speech] = await index.searchText(tenant, query("boats"), 5);
        expect(speech).toMatchObject({
          assetName: "harbour.jpg",
          mediaType: "image",
          kind: "transcript",
          timeRange: { startMs: 1500, endMs: 2500 },
          page: null,
          box: null,
          snippet: "sailing boats",
          detail: 'text contains "boats"',
        });
        const [phrase] = await index.searchText(tenant, query("stands"), 5);
        expect(phrase).toMatchObject({ page: 2, box: { x: 0.1, y: 0.2, width: 0.3, height: 0.4 }, timeRange: null });
      });

      test("finds misspellings and parts by trigrams, best first", async () => {
        const ids = async (q: string): Promise<string[]> =>
          (await index.searchTrigram(tenant, query(q), 5)).map(({ insightId }) => insightId);
        expect((await ids("lighthuose")).toSorted()).toEqual(["phrase", "spread"]);
        expect(await ids("kitchn tabel")).toEqual(["far"]);
        expect(await ids("xqzzyv")).toEqual([]);
      });

      test("filters by media type, kind and time of creation, and keeps to the limit", async () => {
        const q = "lighthouse or kitchen or boats";
        expect(await found(q, { mediaTypes: ["audio"] })).toEqual([`${two} far`]);
        expect(await found(q, { kinds: ["transcript", "shot"] })).toEqual([`${one} speech`]);
        expect(await found(q, { createdAfter: "2026-04-01T00:00:00.000Z" })).toEqual([`${two} far`]);
        expect(await found("kitchen", { createdBefore: "2026-04-01T00:00:00.000Z" })).toEqual([]);
        expect(await index.searchText(tenant, query(q), 1)).toHaveLength(1);
        expect(await index.searchTrigram(tenant, query("lighthouse", { mediaTypes: ["audio"] }), 5)).toEqual([]);
      });

      test("hydrates the named insights that pass the filters", async () => {
        const ids = [
          { assetId: one, insightId: "speech" },
          { assetId: one, insightId: "unknown" },
          { assetId: two, insightId: "far" },
        ];
        const all = await index.hydrate(tenant, query("x"), ids);
        expect(all.map(({ insightId }) => insightId).toSorted()).toEqual(["far", "speech"]);
        const audio = await index.hydrate(tenant, query("x", { mediaTypes: ["audio"] }), ids);
        expect(audio.map(({ insightId }) => insightId)).toEqual(["far"]);
        expect(await index.hydrate(tenant, query("x"), [])).toEqual([]);
      });

      test("shows nothing to another tenant", async () => {
        const stranger = freshTenant();
        expect(await index.searchText(stranger, query("lighthouse"), 5)).toEqual([]);
        expect(await index.searchTrigram(stranger, query("lighthouse"), 5)).toEqual([]);
        expect(await index.list(stranger, { limit: 5 })).toEqual([]);
        expect(await index.indexedSeq(stranger, one)).toBe(0);
        expect(await index.hydrate(stranger, query("x"), [{ assetId: one, insightId: "speech" }])).toEqual([]);
      });
    });
  });
}
