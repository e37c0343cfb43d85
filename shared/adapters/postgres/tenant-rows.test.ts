import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assetId, change, insight } from "../../../test/support/index-data.ts";
import { freshTenant, startPostgres, type TestPostgres } from "../../../test/support/postgres.ts";
import { PgvectorIndex } from "../pgvector/vector-index.ts";
import type { VectorizeBinding } from "../vectorize/binding.ts";
import { VectorizeTenantVectors } from "../vectorize/tenant-vectors.ts";
import { PostgresTenantRows } from "./tenant-rows.ts";
import { PostgresVectorLedger } from "./vector-ledger.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(async () => {
  await postgres.stop();
});

/** Every row that has the tenant in any of its columns, as the owner of the tables sees them. */
async function rowsOf(tenant: string): Promise<Record<string, number>> {
  const { sql } = postgres;
  const tables = await sql.query(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    // The security is forced on the owner too; a superuser, which the local one is, sees past it.
    const [row] = await sql.query(`select count(*)::int as n from "${String(name)}" as row where row::text like $1`, [
      `%${tenant}%`,
    ]);
    if (Number(row?.["n"]) > 0) found[String(name)] = Number(row?.["n"]);
  }
  return found;
}

async function fill(tenant: string): Promise<void> {
  const vectors = new PgvectorIndex(postgres.sql);
  const ledger = new PostgresVectorLedger(postgres.sql);
  for (let i = 1; i <= 5; i += 1) {
    const over = i === 5 ? ({ status: "deleted" } as const) : {};
    await postgres.index.apply(tenant, change(assetId(i), [0, 1], [insight(`i${i}`, "harbour")], over));
    await vectors.upsert(tenant, [{ assetId: assetId(i), insightId: `i${i}`, space: "s", vector: [1, i] }]);
  }
  await ledger.remember(
    tenant,
    [1, 2, 3].map((n) => ({ vectorId: `${tenant}-${n}`, space: "s", assetId: assetId(n), insightId: `i${n}` })),
  );
}

describe("the rows of a tenant", () => {
  it("are listed by asset, deleted ones included, page by page", async () => {
    const rows = new PostgresTenantRows(postgres.sql);
    const tenant = freshTenant();
    await fill(tenant);
    const first = await rows.assetIds(tenant, null, 3);
    expect(first).toEqual([assetId(1), assetId(2), assetId(3)]);
    expect(await rows.assetIds(tenant, assetId(3), 3)).toEqual([assetId(4), assetId(5)]);
    expect(await rows.assetIds(freshTenant(), null, 3)).toEqual([]);
  });

  it("go from every table in portions, and those of another tenant stay", async () => {
    const rows = new PostgresTenantRows(postgres.sql);
    const [tenant, other] = [freshTenant(), freshTenant()];
    await fill(tenant);
    await fill(other);
    const before = await rowsOf(other);
    expect(await rowsOf(tenant)).toEqual({ assets: 5, insights: 4, insight_vectors: 5, external_vectors: 3 });
    const removed: number[] = [];
    do removed.push(await rows.erase(tenant, 2));
    while (removed.at(-1) !== 0);
    expect(removed).toEqual([8, 7, 2, 0]);
    expect(await rowsOf(tenant)).toEqual({});
    expect(await rowsOf(other)).toEqual(before);
  });

  it("knows every table that has a tenant", async () => {
    const { sql } = postgres;
    await sql.query("create table later (tenant text not null, id text not null)");
    await sql.query('grant select, insert, update, delete on later to "aima_tenant"');
    const [tenant, other] = [freshTenant(), freshTenant()];
    await sql.query("insert into later values ($1, 'a'), ($1, 'b'), ($2, 'c')", [tenant, other]);
    expect(await new PostgresTenantRows(sql).erase(tenant, 100)).toBe(2);
    expect(await rowsOf(tenant)).toEqual({});
    expect(await rowsOf(other)).toEqual({ later: 1 });
    await sql.query("drop table later");
  });

  it("vectors outside go by the ledger, which forgets what is gone; a fault in between only repeats", async () => {
    const [tenant, other] = [freshTenant(), freshTenant()];
    await fill(tenant);
    await fill(other);
    const deleted: string[] = [];
    let faults = 1;
    const binding = {
      deleteByIds: async (ids: string[]) => {
        if ((faults -= 1) >= 0) throw new Error("away");
        deleted.push(...ids);
      },
    } as unknown as VectorizeBinding;
    const vectors = new VectorizeTenantVectors(new Map([["s", binding]]), new PostgresVectorLedger(postgres.sql));
    await expect(vectors.erase(tenant, 2)).rejects.toThrow("away");
    const removed: number[] = [];
    do removed.push(await vectors.erase(tenant, 2));
    while (removed.at(-1) !== 0);
    expect(removed).toEqual([2, 1, 0]);
    expect(deleted.toSorted()).toEqual([1, 2, 3].map((n) => `${tenant}-${n}`));
    expect((await rowsOf(tenant))["external_vectors"]).toBeUndefined();
    expect((await rowsOf(other))["external_vectors"]).toBe(3);
  });
});
