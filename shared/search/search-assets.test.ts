import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { assetId, change, insight, query } from "../../test/support/index-data.ts";
import type { TestPostgres } from "../../test/support/postgres.ts";
import { freshTenant, startPostgres } from "../../test/support/postgres.ts";
import { PgvectorIndex } from "../adapters/pgvector/vector-index.ts";
import { SearchHit } from "../contracts/search.ts";
import { LEXICAL_SPACE, lexicalVector } from "../core/embedding/lexical-vector.ts";
import { IndexUnavailable } from "../ports/asset-index.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import type { Search } from "./search-assets.ts";
import { createSearch } from "./search-assets.ts";

/** What is visible in eight pictures, one asset each. */
const TEXTS = [
  "AURORA CONFERENCE 2026 registration desk",
  "Quarterly revenue grew by seven percent",
  "Danger: high voltage, keep out",
  "Conference room B, please knock",
  "Harbour lighthouse at dawn, oil on canvas",
  "Fresh tomatoes 2.99 per kilo",
  "Platform 9, trains to the north",
  "The aurora was seen far from any meeting; months later a conference took place in the year 2026",
];

describe("search", () => {
  let postgres: TestPostgres;
  let vectors: VectorIndex;
  let search: Search;
  let tenant: string;

  beforeAll(async () => {
    postgres = await startPostgres();
    vectors = new PgvectorIndex(postgres.sql);
    search = createSearch({ index: postgres.index, vectors });
  }, 60_000);
  afterAll(() => postgres.stop());

  beforeEach(async () => {
    tenant = freshTenant();
    for (const [i, text] of TEXTS.entries()) {
      await postgres.index.apply(tenant, change(assetId(i), [0, 1], [insight("text", text)]));
    }
    await vectors.upsert(
      tenant,
      TEXTS.map((text, i) => ({
        assetId: assetId(i),
        insightId: "text",
        space: LEXICAL_SPACE,
        vector: lexicalVector(text),
      })),
    );
  });

  const numbers = async (q: string, over = {}): Promise<number[]> =>
    (await search(tenant, query(q, over))).hits.map((hit) => Number(hit.assetId.slice(4)));

  test("puts the asset with the visible words first", async () => {
    expect((await numbers("aurora conference 2026")).slice(0, 2)).toEqual([0, 7]);
    expect((await numbers("harbour lighthouse"))[0]).toBe(4);
    expect((await numbers("high voltage"))[0]).toBe(2);
    expect((await numbers("conference room"))[0]).toBe(3);
  });

  test("finds the asset in spite of misspellings and other word forms", async () => {
    expect((await numbers("lighthuose"))[0]).toBe(4);
    expect((await numbers("quartely revenu"))[0]).toBe(1);
    expect((await numbers("fresh tomato"))[0]).toBe(5);
  });

  test("has no hits for a query that resembles nothing", async () => {
    for (const q of ["xqzzyv", "blorf wimzle", "!!!", "zebra giraffe hippopotamus"]) {
      expect(await search(tenant, query(q))).toEqual({ hits: [], hasMore: false, degraded: [] });
    }
  });

  test("answers in the contract's shape, with every index that saw the hit", async () => {
    const { hits } = await search(tenant, query("harbour lighthouse"));
    expect(SearchHit.parse(hits[0])).toEqual(hits[0]);
    expect(hits[0]?.reasons.map(({ index }) => index)).toEqual(["full-text", "trigram", "vector"]);
    // Rank 1 in three indexes: 3/61.
    expect(hits[0]?.score).toBeCloseTo(0.04918, 5);
    expect(hits[0]?.snippet).toBe("Harbour lighthouse at dawn, oil on canvas");
  });

  test("gives pages of one list", async () => {
    const all = await numbers("conference");
    expect(all.length).toBeGreaterThanOrEqual(3);
    const first = await search(tenant, query("conference", { limit: 2 }));
    expect(first.hasMore).toBe(true);
    const pages = [];
    for (let offset = 0; offset < all.length; offset += 2) {
      pages.push(...(await numbers("conference", { limit: 2, offset })));
    }
    expect(pages).toEqual(all);
    expect((await search(tenant, query("conference", { offset: all.length - 1 }))).hasMore).toBe(false);
  });

  test("shows nothing of a deleted asset although its vectors are still there", async () => {
    await postgres.index.apply(tenant, change(assetId(4), [1, 2], [], { status: "deleted" }));
    expect(await vectors.nearest(tenant, LEXICAL_SPACE, lexicalVector(TEXTS[4]!), 1)).toHaveLength(1);
    expect(await numbers("harbour lighthouse")).toEqual([]);
  });

  test("applies the filters to vector matches too", async () => {
    expect(await numbers("harbour lighthouse", { mediaTypes: ["audio"] })).toEqual([]);
    expect(await numbers("harbour lighthouse", { kinds: ["transcript"] })).toEqual([]);
  });

  test("answers without the vector index and says so", async () => {
    const broken: VectorIndex = { ...vectors, nearest: () => Promise.reject(new Error("no answer")) };
    const answer = await createSearch({ index: postgres.index, vectors: broken })(tenant, query("harbour lighthouse"));
    expect(answer.degraded).toEqual(["vector"]);
    expect(answer.hits[0]?.assetId).toBe(assetId(4));
  });

  test("asks for similar wording only where few moments have all words", async () => {
    const words = Array.from({ length: 100 }, (_, i) => insight(`i${i}`, "shared wording"));
    await postgres.index.apply(tenant, change(assetId(50), [0, 1], [...words, insight("near", "shred wording")]));
    const { hits } = await search(tenant, query("shared wording", { limit: 100 }));
    expect(hits.map(({ snippet }) => snippet)).toEqual(Array.from({ length: 100 }, () => "shared wording"));
    const reasons = new Set(hits.flatMap((hit) => hit.reasons.map(({ index }) => index)));
    expect([...reasons]).toEqual(["full-text"]);
  });

  test("throws IndexUnavailable without the asset index", async () => {
    const unavailable = () => Promise.reject(new IndexUnavailable("down"));
    const index = {
      indexedSeq: unavailable,
      apply: unavailable,
      list: unavailable,
      stalled: unavailable,
      searchText: unavailable,
      searchTrigram: unavailable,
      hydrate: unavailable,
    };
    await expect(createSearch({ index, vectors })(tenant, query("x"))).rejects.toBeInstanceOf(IndexUnavailable);
  });
});
