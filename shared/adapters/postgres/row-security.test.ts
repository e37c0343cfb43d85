/**
 * Two tenants with the same ids, and a proxy between the adapters and the database that takes the tenant out of the
 * filters of every query, as a mistake would.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { text as readText } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { assetId, change, insight, query } from "../../../test/support/index-data.ts";
import type { TestPostgres } from "../../../test/support/postgres.ts";
import { startPostgres } from "../../../test/support/postgres.ts";
import { PgvectorIndex } from "../pgvector/vector-index.ts";
import { connect } from "./connection.ts";
import { scopesOf } from "./scope.ts";
import { PostgresVectorLedger } from "./vector-ledger.ts";

const OWN = "ten_own";
const FOREIGN = "ten_foreign";
const shared = assetId(1);
const onlyForeign = assetId(2);
const vector = [1, 0, 0];

let postgres: TestPostgres;
let vectors: PgvectorIndex;
let ledger: PostgresVectorLedger;
let proxy: Server;
/** What the proxy does to the statements that pass through it. */
let tamper: (statement: string) => string;
let tampered: number;

const withoutFilter = (statement: string): string =>
  statement.replaceAll(/(?:\b\w+\.)?\btenant = (\$\d+)/g, (_, parameter: string) => {
    tampered += 1;
    return `${parameter}::text is not null`;
  });
const withoutRole = (statement: string): string =>
  withoutFilter(statement).replace(/set_config\('role', (\$\d+), true\)/, "$1::text");

beforeAll(async () => {
  postgres = await startPostgres();
  proxy = createServer((request, response) => {
    void (async () => {
      const body = JSON.parse(await readText(request));
      for (const statement of body.queries ?? [body]) statement.query = tamper(statement.query);
      const { host: _host, "content-length": _length, "transfer-encoding": _encoding, ...headers } = request.headers;
      const answer = await fetch(`http://${postgres.neonLocal}/sql`, {
        method: "POST",
        headers: headers as Record<string, string>,
        body: JSON.stringify(body),
      });
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    })();
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  // Every connection of the process goes through the proxy from here on.
  connect(postgres.databaseUrl, `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`);
  vectors = new PgvectorIndex(postgres.sql);
  ledger = new PostgresVectorLedger(postgres.sql);
}, 60_000);
afterAll(async () => {
  proxy.close();
  await postgres.stop();
});

beforeEach(async () => {
  tamper = (statement) => statement;
  tampered = 0;
  const { index, sql } = postgres;
  await sql`truncate assets, insights, insight_vectors, external_vectors`;
  const unfinished = { status: "analysing" as const };
  await index.apply(OWN, change(shared, [0, 1], [insight("same", "harbour own")], { name: "own", ...unfinished }));
  const theirs = [insight("same", "harbour foreign"), insight("foreign", "harbour foreign")];
  await index.apply(FOREIGN, change(shared, [0, 1], theirs, { name: "foreign", ...unfinished }));
  await index.apply(FOREIGN, change(onlyForeign, [0, 1], theirs, { name: "foreign", ...unfinished }));
  const entry = { space: "text", assetId: shared };
  await vectors.upsert(OWN, [{ ...entry, insightId: "own", vector }]);
  await vectors.upsert(FOREIGN, [{ ...entry, insightId: "foreign", vector }]);
  await ledger.remember(OWN, [{ ...entry, vectorId: "own", insightId: "own" }]);
  await ledger.remember(FOREIGN, [{ ...entry, vectorId: "foreign", insightId: "foreign" }]);
});

/** What `FOREIGN` has, read past every scope. */
async function foreignRows(): Promise<unknown> {
  tamper = (statement) => statement;
  const { sql } = postgres;
  return [
    await sql`select id, name, deleted, summary_seq, applied::text from assets where tenant = ${FOREIGN} order by id`,
    await sql`select asset_id, id, text from insights where tenant = ${FOREIGN} order by asset_id, id`,
    await sql`select insight_id from insight_vectors where tenant = ${FOREIGN}`,
    await sql`select vector_id from external_vectors where tenant = ${FOREIGN}`,
  ];
}

const READS: Record<string, () => Promise<unknown>> = {
  "the list": () => postgres.index.list(OWN, { limit: 10 }),
  "the search by words": () => postgres.index.searchText(OWN, query("harbour"), 10),
  "the search by trigrams": () => postgres.index.searchTrigram(OWN, query("harbuor"), 10),
  "the hits of vectors": () =>
    postgres.index.hydrate(OWN, query("harbour"), [{ assetId: shared, insightId: "foreign" }]),
  "the indexed number": async () => ((await postgres.index.indexedSeq(OWN, onlyForeign)) === 1 ? "foreign" : "none"),
  "the nearest vectors": () => vectors.nearest(OWN, "text", vector, 10),
  "the ledger of an asset": () => ledger.ofAsset(OWN, shared),
  "the ledger's answer": () => ledger.resolve(OWN, ["own", "foreign"]),
};

const WRITES: Record<string, () => Promise<unknown>> = {
  "a change": () => postgres.index.apply(OWN, change(shared, [1, 2], [], { name: "own" })),
  "a deletion": () => postgres.index.apply(OWN, change(shared, [1, 2], [], { name: "own", status: "deleted" })),
  "the deletion of vectors": () => vectors.deleteAsset(OWN, shared),
  "a forgotten vector": () => ledger.forget(OWN, ["own", "foreign"]),
};

describe("with the tenant taken out of the filters", () => {
  for (const [name, read] of Object.entries(READS)) {
    test(`${name} has no foreign row`, async () => {
      tamper = withoutFilter;
      expect(JSON.stringify(await read())).not.toContain("foreign");
      expect(tampered).toBeGreaterThan(0);
      // The same without the role of the tenant: the check above sees foreign rows when there are some.
      tamper = withoutRole;
      expect(JSON.stringify(await read())).toContain("foreign");
    });
  }

  for (const [name, write] of Object.entries(WRITES)) {
    test(`${name} leaves foreign rows as they are`, async () => {
      const before = await foreignRows();
      tamper = withoutFilter;
      await write();
      expect(tampered).toBeGreaterThan(0);
      expect(await foreignRows()).toEqual(before);
      tamper = withoutRole;
      await write();
      expect(await foreignRows()).not.toEqual(before);
    });
  }

  test("a search whose candidates are everybody's shows no foreign row", async () => {
    const { sql, index } = postgres;
    const [kept] = await sql`select pg_get_functiondef('insights_with_words'::regproc) as definition`;
    await sql`
      create or replace function insights_with_words(words tsquery) returns table (asset_id text, id text)
      language sql stable security definer set search_path = public, pg_temp
      as 'select i.asset_id, i.id from insights i where i.tsv @@ words'`;
    tamper = withoutFilter;
    const hits = await index.searchText(OWN, query("harbour"), 10);
    await sql.query(kept?.["definition"]);
    // The candidate is named once by each row that has its ids.
    expect(hits.map(({ assetName, snippet }) => `${assetName}: ${snippet}`)).toEqual(
      Array.from({ length: hits.length }, () => "own: harbour own"),
    );
    expect(hits.length).toBeGreaterThan(0);
  });
});

describe("the scopes", () => {
  const scope = (role: string, tenant: string | null) =>
    tenant === null
      ? postgres.sql`select set_config('role', ${role}, true)`
      : postgres.sql`select set_config('role', ${role}, true), set_config('aima.tenant', ${tenant}, true)`;

  for (const table of ["assets", "insights", "insight_vectors", "external_vectors"]) {
    test(`show and take nothing of ${table} without a tenant`, async () => {
      const { sql } = postgres;
      const all = sql.query(`select tenant from ${table}`);
      expect((await all).length).toBeGreaterThan(1);
      for (const tenant of [null, ""]) {
        const [, rows] = await sql.transaction([scope("aima_tenant", tenant), sql.query(`select from ${table}`)]);
        expect(rows).toEqual([]);
      }
      const [, mine] = await sql.transaction([scope("aima_tenant", OWN), sql.query(`select tenant from ${table}`)]);
      expect(mine).toEqual([{ tenant: OWN }]);
      const taken = sql.transaction([
        scope("aima_tenant", OWN),
        sql.query(`update ${table} set tenant = $1`, [FOREIGN]),
      ]);
      await expect(taken).rejects.toMatchObject({ code: "42501" });
    });
  }

  test("refuse a row of another tenant", async () => {
    const written = scopesOf(postgres.sql).scoped(OWN)((sql) => [
      sql`insert into external_vectors (tenant, vector_id, space, asset_id, insight_id) values (${FOREIGN}, 'v', 's', 'a', 'i')`,
    ]);
    await expect(written).rejects.toMatchObject({ code: "42501" });
  });

  test("let the sweep read where assets of all tenants stand, and nothing else", async () => {
    const { sql, index } = postgres;
    const stalled = await index.stalled("2027-01-01T00:00:00.000Z", 10, null);
    expect(stalled.map(({ tenant, assetId: id }) => `${tenant} ${id}`)).toEqual([
      `${FOREIGN} ${shared}`,
      `${FOREIGN} ${onlyForeign}`,
      `${OWN} ${shared}`,
    ]);
    for (const statement of [
      "select name from assets",
      "select id from insights",
      "update assets set status = 'failed'",
      "select insights_with_words('a')",
      "delete from external_vectors",
    ]) {
      await expect(sql.transaction([scope("aima_sweep", ""), sql.query(statement)])).rejects.toMatchObject({
        code: "42501",
      });
    }
  });

  test("end with their transaction, also with one that fails", async () => {
    const now = () => postgres.sql`select current_user::text as who, current_setting('aima.tenant', true) as tenant`;
    const [before] = await now();
    const { scoped } = scopesOf(postgres.sql);
    await scoped(OWN)((sql) => [sql`select 1`]);
    await expect(scoped(OWN)((sql) => [sql`select 1 / 0`])).rejects.toMatchObject({ code: "22012" });
    expect(await now()).toEqual([{ who: before?.["who"], tenant: "" }]);
    expect(before?.["who"]).not.toBe("aima_tenant");
  });
});
