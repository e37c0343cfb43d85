import { once } from "node:events";
import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeAssetIndex } from "../../../test/contracts/asset-index.contract.ts";
import { assetId, change, insight, query } from "../../../test/support/index-data.ts";
import type { TestPostgres } from "../../../test/support/postgres.ts";
import { startPostgres } from "../../../test/support/postgres.ts";
import { IndexUnavailable } from "../../ports/asset-index.ts";
import { PostgresAssetIndex } from "./asset-index.ts";
import { connect, reachable } from "./connection.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

describeAssetIndex("PostgresAssetIndex", () => ({
  index: postgres.index,
  rows: async (tenant) => {
    const { sql } = postgres;
    return [
      await sql`
        select id, applied::text, summary_seq, name, status, media_type, created_at::text, summary, deleted
        from assets where tenant = ${tenant} order by id`,
      await sql`
        select asset_id, id, seq, kind, text, tsv::text, start_ms, end_ms, page, box, data, confidence
        from insights where tenant = ${tenant} order by asset_id, id`,
    ];
  },
}));

test("keeps nothing of a deleted asset but its tombstone", async () => {
  const { index, sql } = postgres;
  await index.apply("ten_gone", change(assetId(1), [0, 1], [insight("a", "private")], { name: "private.jpg" }));
  await index.apply("ten_gone", change(assetId(1), [1, 2], [], { name: "private.jpg", status: "deleted" }));
  expect(await sql`select name, status, media_type, summary, deleted from assets where tenant = 'ten_gone'`).toEqual([
    { name: "", status: "deleted", media_type: null, summary: {}, deleted: true },
  ]);
  expect(await sql`select id from insights where tenant = 'ten_gone'`).toEqual([]);
});

test("keeps an absent box and time range as SQL nulls", async () => {
  const rows = await postgres.sql`select count(*)::int as n from insights where box = 'null'::jsonb`;
  expect(rows).toEqual([{ n: 0 }]);
});

test("tells a wrong password as unavailable and a wrong statement as what it is", async () => {
  const url = postgres.databaseUrl.replace(/:[^:@]+@/, ":wrong@");
  await expect(reachable(connect(url, postgres.neonLocal)`select 1`)).rejects.toBeInstanceOf(IndexUnavailable);
  await expect(reachable(postgres.sql`selec 1`)).rejects.toMatchObject({ name: "NeonDbError", code: "42601" });
});

test("throws IndexUnavailable when a proxy answers with a server error", async () => {
  const proxy = createServer((_, response) => response.writeHead(503).end("no")).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    const index = new PostgresAssetIndex(connect(postgres.databaseUrl, `127.0.0.1:${port}`));
    await expect(index.list("ten_test", { limit: 1 })).rejects.toBeInstanceOf(IndexUnavailable);
  } finally {
    connect(postgres.databaseUrl, postgres.neonLocal);
    proxy.close();
  }
});

test("throws IndexUnavailable when nobody listens", async () => {
  // Port 1 is reserved and has no listener.
  const index = new PostgresAssetIndex(connect(postgres.databaseUrl, "127.0.0.1:1"));
  try {
    await expect(index.searchText("ten_test", query("x"), 5)).rejects.toBeInstanceOf(IndexUnavailable);
    await expect(index.indexedSeq("ten_test", "ast_x")).rejects.toBeInstanceOf(IndexUnavailable);
  } finally {
    connect(postgres.databaseUrl, postgres.neonLocal);
  }
});
