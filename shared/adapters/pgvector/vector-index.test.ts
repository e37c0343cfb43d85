import { afterAll, beforeAll, expect, test } from "vitest";
import { describeVectorIndex } from "../../../test/contracts/vector-index.contract.ts";
import type { TestPostgres } from "../../../test/support/postgres.ts";
import { freshTenant, startPostgres } from "../../../test/support/postgres.ts";
import { PgvectorIndex } from "./vector-index.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

describeVectorIndex("PgvectorIndex", () => ({
  index: new PgvectorIndex(postgres.sql),
  settled: async () => undefined,
}));

test("passes over vectors of another length in the same space", async () => {
  const index = new PgvectorIndex(postgres.sql);
  const tenant = freshTenant();
  await index.upsert(tenant, [
    { assetId: "ast_a", insightId: "short", space: "text", vector: [1, 0] },
    { assetId: "ast_a", insightId: "long", space: "text", vector: [1, 0, 0] },
  ]);
  expect((await index.nearest(tenant, "text", [1, 0], 5)).map(({ insightId }) => insightId)).toEqual(["short"]);
});
