import { expect, test } from "vitest";
import { startPostgres } from "../../test/support/postgres.ts";
import { migrate } from "./migrate.ts";

test("applies each migration once, and nothing the second time", async () => {
  const postgres = await startPostgres();
  try {
    const tags = await postgres.sql`select tag from schema_migrations order by tag`;
    expect(tags[0]).toEqual({ tag: "0000_init" });
    expect(await migrate(postgres.databaseUrl, { neonLocal: postgres.neonLocal })).toEqual([]);
    const tables = await postgres.sql`
      select c.relname as name, (select string_agg(a.attname, ',' order by k.ord)
        from pg_index x, unnest(x.indkey) with ordinality as k (num, ord)
        join pg_attribute a on a.attnum = k.num where x.indrelid = c.oid and x.indisprimary and a.attrelid = c.oid) as key
      from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`;
    expect(tables).toEqual([
      { name: "assets", key: "tenant,id" },
      { name: "external_vectors", key: "tenant,vector_id" },
      { name: "insight_vectors", key: "tenant,space,asset_id,insight_id" },
      { name: "insights", key: "tenant,asset_id,id" },
      { name: "schema_migrations", key: "tag" },
    ]);
  } finally {
    await postgres.stop();
  }
}, 60_000);

test("applies each migration once when two run at the same time", async () => {
  const postgres = await startPostgres();
  try {
    await postgres.sql`drop table assets, insights, insight_vectors, external_vectors, schema_migrations`;
    await postgres.sql`drop function insights_with_words, insights_with_wording`;
    const run = () => migrate(postgres.databaseUrl, { neonLocal: postgres.neonLocal });
    const applied = await Promise.all([run(), run()]);
    expect(applied.flat().toSorted()).toEqual(["0000_init", "0001_unfinished", "0002_row_security"]);
  } finally {
    await postgres.stop();
  }
}, 60_000);
