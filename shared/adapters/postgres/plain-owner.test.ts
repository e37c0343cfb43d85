/** A login as hosted databases give it: it owns the database and may make roles, and no rule spares it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { assetId, change, insight, query } from "../../../test/support/index-data.ts";
import type { TestPostgres } from "../../../test/support/postgres.ts";
import { startPostgres } from "../../../test/support/postgres.ts";
import { listedUser, userId } from "../../../test/contracts/user-index.contract.ts";
import { PgvectorIndex } from "../pgvector/vector-index.ts";
import { PostgresUserIndex } from "./users.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres({
    beforeMigrations: async (sql) => {
      await sql`create extension vector`;
      await sql`create extension pg_trgm`;
      await sql`create role plain_owner login createrole`;
      const [row] = await sql`select current_database() as name`;
      await sql.query(`alter database "${row?.["name"]}" owner to plain_owner`);
      // The engine has one session, so this is who all that follows is done by.
      await sql`set session authorization plain_owner`;
    },
  });
}, 60_000);
afterAll(() => postgres.stop());

test("the adapters work for a login without privileges over others", async () => {
  const { index, sql } = postgres;
  expect(
    await sql`select rolname::text as who, rolsuper or rolbypassrls as spared from pg_roles where rolname = current_user`,
  ).toEqual([{ who: "plain_owner", spared: false }]);
  const one = assetId(1);
  await index.apply("ten_a", change(one, [0, 1], [insight("a", "harbour crane")], { status: "analysing" }));
  await index.apply("ten_b", change(one, [0, 1], [insight("b", "harbour pier")], { status: "analysing" }));
  const ids = (hits: readonly { readonly insightId: string }[]) => hits.map(({ insightId }) => insightId);
  expect(ids(await index.searchText("ten_a", query("harbour"), 5))).toEqual(["a"]);
  expect(ids(await index.searchTrigram("ten_b", query("harbuor"), 5))).toEqual(["b"]);
  expect((await index.stalled("2027-01-01T00:00:00.000Z", 5, null)).map(({ tenant }) => tenant)).toEqual([
    "ten_a",
    "ten_b",
  ]);
  const vectors = new PgvectorIndex(sql);
  await vectors.upsert("ten_a", [{ assetId: one, insightId: "a", space: "text", vector: [1, 0] }]);
  expect(ids(await vectors.nearest("ten_a", "text", [1, 0], 5))).toEqual(["a"]);
  expect(await vectors.nearest("ten_b", "text", [1, 0], 5)).toEqual([]);
  const users = new PostgresUserIndex(sql);
  await users.apply("ten_a", userId(1), { seq: 1, user: listedUser(1) });
  const names = (tenant: string) => users.names(tenant, { after: "", upTo: null, limit: 5 });
  expect([await names("ten_a"), await names("ten_b")]).toMatchObject([[{ id: userId(1) }], []]);
});

test("a query without a scope sees and writes nothing, although the login owns the tables", async () => {
  const { sql } = postgres;
  for (const table of ["assets", "insights", "insight_vectors", "external_vectors", "users"]) {
    expect(await sql.query(`select from ${table}`)).toEqual([]);
    const [, rows] = await sql.transaction([
      sql`select set_config('aima.tenant', 'ten_a', true)`,
      sql.query(`select from ${table}`),
    ]);
    expect(rows).toEqual([]);
  }
  const written = sql`
    insert into external_vectors (tenant, vector_id, space, asset_id, insight_id) values ('ten_a', 'v', 's', 'a', 'i')`;
  await expect(written).rejects.toMatchObject({ code: "42501" });
});

test("the login keeps no way into the role that reads all texts", async () => {
  await expect(postgres.sql`set role aima_search`).rejects.toMatchObject({ code: "42501" });
  await expect(postgres.sql`select insights_with_words('harbour')`).rejects.toMatchObject({ code: "42501" });
});
