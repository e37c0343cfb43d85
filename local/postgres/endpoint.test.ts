/** The real driver against the endpoint. */
import { neon, neonConfig, NeonDbError, Pool } from "@neondatabase/serverless";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestPostgres } from "../../test/support/postgres.ts";
import { startPostgres } from "../../test/support/postgres.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ idleInTransactionTimeoutMs: 150 });
  await postgres.sql`create table counters (id int primary key, value int not null)`;
  await postgres.sql`insert into counters values (1, 0)`;
}, 60_000);
afterAll(() => postgres.stop());

const failure = async (work: Promise<unknown>): Promise<NeonDbError> => {
  const error = await work.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NeonDbError);
  return error as NeonDbError;
};

describe("over HTTP", () => {
  test("carries the types of PostgreSQL both ways", async () => {
    const at = new Date("2026-03-01T12:00:00.000Z");
    const rows = await postgres.sql`
      select ${[1, 2, null]}::int[] as numbers, ${["a,b", 'c"d', "{}", "\\", ""]}::text[] as texts,
        ${{ a: [1, { b: null }] }}::jsonb as json, ${null}::text as nothing, ${true}::bool as yes,
        9007199254740993::bigint as big, 1.10::numeric as exact, ${at}::timestamptz as at,
        '[1,2.5]'::vector as v, ''::text as empty`;
    expect(rows).toEqual([
      {
        numbers: [1, 2, null],
        texts: ["a,b", 'c"d', "{}", "\\", ""],
        json: { a: [1, { b: null }] },
        nothing: null,
        yes: true,
        big: "9007199254740993",
        exact: "1.10",
        at,
        v: "[1,2.5]",
        empty: "",
      },
    ]);
  });

  test("tells command, count and columns", async () => {
    const sql = neon(postgres.databaseUrl, { fullResults: true, arrayMode: true });
    const result = await sql`select id, value from counters where id = 1`;
    expect(result).toMatchObject({ command: "SELECT", rowCount: 1, rowAsArray: true });
    expect(result.fields.map(({ name, dataTypeID }) => [name, dataTypeID])).toEqual([
      ["id", 23],
      ["value", 23],
    ]);
    expect(await sql`update counters set value = 0 where id = 99`).toMatchObject({ command: "UPDATE", rowCount: 0 });
    expect(await sql`set application_name = 'x'`).toMatchObject({ command: "SET", rowCount: null });
  });

  test("answers with the database's own error", async () => {
    expect(await failure(postgres.sql`insert into counters values (1, 5)`)).toMatchObject({
      code: "23505",
      severity: "ERROR",
      table: "counters",
      constraint: "counters_pkey",
      detail: "Key (id)=(1) already exists.",
    });
    expect(await failure(postgres.sql`select * from nowhere`)).toMatchObject({ code: "42P01", position: "15" });
  });

  test("runs a batch as one transaction", async () => {
    const { sql } = postgres;
    await failure(sql.transaction([sql`insert into counters values (2, 0)`, sql`insert into counters values (1, 0)`]));
    expect(await sql`select id from counters where id = 2`).toEqual([]);
    const [, rows] = await sql.transaction([sql`select 1`, sql`select txid_current() = txid_current() as same`]);
    expect(rows).toEqual([{ same: true }]);
  });

  test("honours isolation level and read-only", async () => {
    const { sql } = postgres;
    const [rows] = await sql.transaction([sql`show transaction_isolation`], { isolationLevel: "Serializable" });
    expect(rows).toEqual([{ transaction_isolation: "serializable" }]);
    expect(await failure(sql.transaction([sql`insert into counters values (3, 0)`], { readOnly: true }))).toMatchObject(
      {
        code: "25006",
      },
    );
  });

  test("rolls a transaction back that a single query leaves open", async () => {
    await postgres.sql`begin`;
    await postgres.sql`insert into counters values (70, 0)`;
    await postgres.sql`rollback`;
    expect(await postgres.sql`select id from counters where id = 70`).toEqual([{ id: 70 }]);
  });

  test("answers many at once, each with its own result", async () => {
    const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => postgres.sql`select ${i}::int as i`));
    expect(answers.map((rows) => rows[0]?.["i"])).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  test("refuses another password, user or database", async () => {
    const url = new URL(postgres.databaseUrl);
    const changed = (change: (url: URL) => void): string => {
      const copy = new URL(url);
      change(copy);
      return copy.href;
    };
    const wrongPassword = changed((copy) => (copy.password = "wrong"));
    const wrongUser = changed((copy) => (copy.username = "mallory"));
    const wrongDatabase = changed((copy) => (copy.pathname = "/other"));
    expect(await failure(neon(wrongPassword)`select 1`)).toMatchObject({
      code: "28P01",
      message: 'password authentication failed for user "aima"',
    });
    expect(await failure(neon(wrongUser)`select 1`)).toMatchObject({ code: "28P01" });
    expect(await failure(neon(wrongDatabase)`select 1`)).toMatchObject({ code: "3D000" });
    for (const connectionString of [wrongPassword, wrongDatabase]) {
      const pool = new Pool({ connectionString });
      await expect(pool.query("select 1")).rejects.toMatchObject({ severity: "FATAL" });
      await pool.end();
    }
  });

  test("refuses what is no query without harm", async () => {
    const url = `http://${postgres.neonLocal}/sql`;
    const headers = { "neon-connection-string": postgres.databaseUrl };
    const status = async (body: string, more = {}): Promise<number> =>
      (await fetch(url, { method: "POST", headers: { ...headers, ...more }, body })).status;
    expect(await status("{")).toBe(400);
    expect(await status('{"query":1}')).toBe(400);
    expect(await status('{"queries":[]}', { "neon-batch-isolation-level": "None" })).toBe(400);
    expect(await status('{"query":"select 1"}', { "neon-connection-string": "x" })).toBe(400);
    expect((await fetch(url)).status).toBe(404);
    expect(await postgres.sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  test("tells its health", async () => {
    const response = await fetch(`http://${postgres.neonLocal}/health`);
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
  });
});

describe("over WebSocket", () => {
  const withPool = async <T>(work: (pool: Pool) => Promise<T>): Promise<T> => {
    const pool = new Pool({ connectionString: postgres.databaseUrl });
    // A connection that the endpoint ends while it is idle is reported here.
    pool.on("error", () => undefined);
    try {
      return await work(pool);
    } finally {
      await pool.end();
    }
  };

  test("keeps parallel interactive transactions apart", async () => {
    await postgres.sql`update counters set value = 0 where id = 1`;
    await withPool((pool) =>
      Promise.all(
        Array.from({ length: 10 }, async () => {
          for (let i = 0; i < 3; i += 1) {
            const client = await pool.connect();
            await client.query("begin");
            const { rows } = await client.query("select value from counters where id = $1", [1]);
            await client.query("update counters set value = $1 where id = 1", [rows[0].value + 1]);
            await client.query("commit");
            client.release();
          }
        }),
      ),
    );
    expect(await postgres.sql`select value from counters where id = 1`).toEqual([{ value: 30 }]);
  });

  test("keeps prepared statements of one name apart", async () => {
    await withPool(async (pool) => {
      const [a, b] = await Promise.all([pool.connect(), pool.connect()]);
      const first = await a.query({ name: "mine", text: "select 'a' as who" });
      const second = await b.query({ name: "mine", text: "select 'b' as who, $1::int as n", values: [7] });
      const again = await a.query({ name: "mine", text: "select 'a' as who" });
      expect([first.rows, second.rows, again.rows]).toEqual([[{ who: "a" }], [{ who: "b", n: 7 }], [{ who: "a" }]]);
      a.release();
      b.release();
    });
  });

  test("goes on after an error, inside savepoints too", async () => {
    await withPool(async (pool) => {
      const client = await pool.connect();
      await expect(client.query("select * from nowhere")).rejects.toMatchObject({ code: "42P01" });
      await client.query("begin");
      await client.query("savepoint s");
      await expect(client.query("insert into counters values (1, 0)")).rejects.toMatchObject({ code: "23505" });
      await client.query("rollback to savepoint s");
      expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
      await client.query("rollback");
      client.release();
    });
  });

  test("ends a transaction that is left idle, so that the others go on", async () => {
    await withPool(async (pool) => {
      const client = await pool.connect();
      const ended = Promise.withResolvers<Error>();
      client.on("error", ended.resolve);
      await client.query("begin");
      await client.query("insert into counters values (50, 0)");
      // This query waits for the lease, and gets it when the idle transaction has been rolled back.
      expect(await postgres.sql`select id from counters where id = 50`).toEqual([]);
      expect(await ended.promise).toMatchObject({ code: "25P03" });
      client.release(true);
    });
  });

  test("rolls back what a vanished client left open", async () => {
    const sockets: WebSocket[] = [];
    neonConfig.webSocketConstructor = class extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    };
    await withPool(async (pool) => {
      const client = await pool.connect();
      client.on("error", () => undefined);
      await client.query("begin");
      await client.query("insert into counters values (60, 0)");
      sockets[0]?.close();
      expect(await postgres.sql`select id from counters where id = 60`).toEqual([]);
      client.release(true);
    });
    neonConfig.webSocketConstructor = undefined;
  });
});
