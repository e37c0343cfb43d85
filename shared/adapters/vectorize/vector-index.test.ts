import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CONTRACT_SPACES, describeVectorIndex } from "../../../test/contracts/vector-index.contract.ts";
import type { TestPostgres } from "../../../test/support/postgres.ts";
import { freshTenant, startPostgres } from "../../../test/support/postgres.ts";
import { VectorizeSimulator } from "../../../test/support/vectorize-simulator.ts";
import { PostgresVectorLedger } from "../postgres/vector-ledger.ts";
import { UnknownSpace, VectorizeIndex } from "./vector-index.ts";

let postgres: TestPostgres;
let text: VectorizeSimulator;
let visual: VectorizeSimulator;
let index: VectorizeIndex;

beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());
beforeEach(() => {
  text = new VectorizeSimulator(CONTRACT_SPACES.text);
  visual = new VectorizeSimulator(CONTRACT_SPACES.visual);
  const indexes = new Map([
    ["text", text],
    ["visual", visual],
  ]);
  index = new VectorizeIndex(indexes, new PostgresVectorLedger(postgres.sql));
});

describeVectorIndex("VectorizeIndex", () => ({
  index,
  settled: async () => {
    text.settle();
    visual.settle();
  },
}));

test("sends more vectors than one call takes in several calls", async () => {
  const tenant = freshTenant();
  const entries = Array.from({ length: 1001 }, (_, i) => ({
    assetId: "ast_a",
    insightId: `i${i}`,
    space: "text",
    vector: [1, i, 0],
  }));
  await index.upsert(tenant, entries);
  text.settle();
  expect(text.size).toBe(1001);
  await index.deleteAsset(tenant, "ast_a");
  text.settle();
  expect(text.size).toBe(0);
});

test("shows no vector of a deleted asset before the store has processed the deletion", async () => {
  const tenant = freshTenant();
  await index.upsert(tenant, [{ assetId: "ast_a", insightId: "i", space: "text", vector: [1, 0, 0] }]);
  text.settle();
  await index.deleteAsset(tenant, "ast_a");
  expect(text.size).toBe(1);
  expect(await index.nearest(tenant, "text", [1, 0, 0], 5)).toEqual([]);
});

test("can delete a vector whose upload was interrupted after the ledger", async () => {
  const tenant = freshTenant();
  const refusing = Object.assign(new VectorizeSimulator(3), { upsert: () => Promise.reject(new Error("network")) });
  const ledger = new PostgresVectorLedger(postgres.sql);
  const entry = { assetId: "ast_a", insightId: "i", space: "text", vector: [1, 0, 0] };
  await expect(new VectorizeIndex(new Map([["text", refusing]]), ledger).upsert(tenant, [entry])).rejects.toThrow(
    "network",
  );
  expect(await ledger.ofAsset(tenant, "ast_a")).toHaveLength(1);
  await index.deleteAsset(tenant, "ast_a");
  expect(await ledger.ofAsset(tenant, "ast_a")).toEqual([]);
});

test("refuses a space without an index before anything is written", async () => {
  const tenant = freshTenant();
  const known = { assetId: "ast_a", insightId: "i", space: "text", vector: [1, 0, 0] };
  await expect(index.upsert(tenant, [known, { ...known, space: "audio" }])).rejects.toBeInstanceOf(UnknownSpace);
  await expect(index.nearest(tenant, "audio", [1], 5)).rejects.toBeInstanceOf(UnknownSpace);
  text.settle();
  expect(text.size).toBe(0);
});
