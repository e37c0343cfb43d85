import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { assetId, change, insight, query } from "../../test/support/index-data.ts";
import { startPostgres } from "../../test/support/postgres.ts";
import type { Sql } from "../../shared/adapters/postgres/connection.ts";
import { migrate } from "./migrate.ts";

test("applies each migration once, and nothing the second time", async () => {
  const postgres = await startPostgres();
  try {
    const tags = await postgres.sql`select tag from schema_migrations order by tag`;
    expect(tags[0]).toEqual({ tag: "0000_init" });
    expect(await migrate(postgres.databaseUrl, { neonLocal: postgres.neonLocal })).toEqual([]);
    const tables = await postgres.sql`
      select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as secured, (select string_agg(a.attname, ',' order by k.ord)
        from pg_index x, unnest(x.indkey) with ordinality as k (num, ord)
        join pg_attribute a on a.attnum = k.num where x.indrelid = c.oid and x.indisprimary and a.attrelid = c.oid) as key
      from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`;
    expect(tables).toEqual([
      { name: "assets", secured: true, key: "tenant,id" },
      { name: "external_vectors", secured: true, key: "tenant,vector_id" },
      { name: "insight_vectors", secured: true, key: "tenant,space,asset_id,insight_id" },
      { name: "insights", secured: true, key: "tenant,asset_id,id" },
      { name: "schema_migrations", secured: false, key: "tag" },
      { name: "users", secured: true, key: "tenant,id" },
    ]);
  } finally {
    await postgres.stop();
  }
}, 60_000);

test("applies each migration once when two run at the same time", async () => {
  const postgres = await startPostgres();
  try {
    await postgres.sql`drop table assets, insights, insight_vectors, external_vectors, users, schema_migrations`;
    await postgres.sql`drop function insights_with_words, insights_with_wording`;
    const run = () => migrate(postgres.databaseUrl, { neonLocal: postgres.neonLocal });
    const applied = await Promise.all([run(), run()]);
    expect(applied.flat().toSorted()).toEqual(["0000_init", "0001_unfinished", "0002_row_security", "0003_users"]);
  } finally {
    await postgres.stop();
  }
}, 60_000);

/** A database as the first two migrations left it, with an asset in it. */
async function asOfSecondMigration(sql: Sql): Promise<void> {
  await sql`create table schema_migrations (tag text primary key, applied_at timestamptz not null default now())`;
  for (const tag of ["0000_init", "0001_unfinished"]) {
    const file = await readFile(new URL(`../../migrations/postgres/${tag}.sql`, import.meta.url), "utf8");
    for (const statement of file.split("--> statement-breakpoint")) await sql.query(statement);
    await sql`insert into schema_migrations (tag) values (${tag})`;
  }
  await sql`
    insert into assets (tenant, id, applied, summary_seq, name, status, media_type, created_at, summary, deleted)
    values ('ten_old', ${assetId(1)}, '{[1,3)}', 2, 'pier.jpg', 'analysed', 'image', now(), '{}', false)`;
  await sql`
    insert into insights (tenant, asset_id, id, seq, kind, text, data)
    values ('ten_old', ${assetId(1)}, 'a', 2, 'ocr-text', 'a lantern', '{}')`;
}

test("brings the rows of an existing database into the scope of their tenant", async () => {
  const postgres = await startPostgres({ beforeMigrations: asOfSecondMigration });
  const { index, sql } = postgres;
  try {
    expect(await sql`select tag from schema_migrations order by tag offset 2`).toEqual([
      { tag: "0002_row_security" },
      { tag: "0003_users" },
    ]);
    expect(await index.indexedSeq("ten_old", assetId(1))).toBe(2);
    expect(await index.indexedSeq("ten_other", assetId(1))).toBe(0);
    expect((await index.searchText("ten_old", query("lantern"), 5)).map(({ assetName }) => assetName)).toEqual([
      "pier.jpg",
    ]);
    expect(await index.apply("ten_old", change(assetId(1), [2, 3], [insight("b", "a quay")]))).toBe(3);
  } finally {
    await postgres.stop();
  }
}, 60_000);
