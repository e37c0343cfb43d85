/** What a search of a large log reads, counted by the database itself. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuditFilter, AuditIntent } from "../../shared/contracts/audit.ts";
import { auditLog } from "../addresses.ts";
import { readStats, SCAN_ROWS, searchRows } from "./rows.ts";

const TENANT = "ten_search1";
const ROWS = 100_000;
const START = Date.parse("2026-01-01T00:00:00Z");
/** A row a minute: 69 days. */
const EVERY_MS = 60_000;
const atOf = (seq: number): string => new Date(START + seq * EVERY_MS).toISOString();

const raw = env.AUDIT_LOG.get(env.AUDIT_LOG.idFromName(TENANT));
const log = auditLog(env, TENANT);
const intent: AuditIntent = {
  tenant: TENANT,
  event: "media.created",
  actor: { kind: "api-key", id: "key_1" },
  action: "createAsset",
  resource: { type: "asset", id: "ast_1" },
  requestId: "req_1",
  method: "POST",
  route: "/v1/assets",
  address: "192.0.2.1",
  userAgent: "test",
};

/** Of every 1,000 rows ten are of another actor, and one of a third; refusals and another address are as rare. */
beforeAll(async () => {
  await log.append([
    { intent, ending: { ...intent, outcome: "success", reason: null, status: 201, before: null, after: null } },
  ]);
  await runInDurableObject(raw, (_instance, { storage: { sql } }) => {
    sql.exec("DELETE FROM journal");
    sql.exec(
      `WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?1)
       INSERT INTO journal (seq, id, type, version, at, data, prev_hash, hash)
       SELECT seq, 'aud_' || seq, CASE WHEN seq % 1000 = 3 THEN 'media.deleted' ELSE 'media.created' END, 1, ?2 + seq * ?3,
         json_set(?4, '$.actor.id', CASE WHEN seq % 1000 = 1 THEN 'key_rare' WHEN seq % 100 = 2 THEN 'key_some' ELSE 'key_1' END,
           '$.resource.id', 'ast_' || (seq / 10), '$.address', CASE WHEN seq % 1000 = 4 THEN '198.51.100.7' ELSE '192.0.2.1' END,
           '$.outcome', CASE WHEN seq % 50000 = 5 THEN 'refused' ELSE 'success' END, '$.filler', hex(zeroblob(256))), '', ''
       FROM n`,
      ROWS,
      START,
      EVERY_MS,
      JSON.stringify(intent),
    );
  });
});

type Read = { readonly seqs: number[]; readonly next: number | null; readonly rowsRead: number };

/** What is read by `read`, and how many rows the database looked at for it. */
const counted = <T>(read: (sql: SqlStorage) => T): Promise<T & { readonly rowsRead: number }> =>
  runInDurableObject(raw, (_instance, { storage: { sql } }) => {
    let rowsRead = 0;
    const exec = (query: string, ...values: unknown[]) => {
      const cursor = sql.exec(query, ...values);
      const rows = cursor.toArray();
      rowsRead += cursor.rowsRead;
      return { toArray: () => rows, one: () => rows[0] };
    };
    // SAFETY: what reads the log uses no more of the database.
    return { ...read({ exec } as unknown as SqlStorage), rowsRead };
  });

const pageOf = async (filter: AuditFilter, before: number | null = null, limit = 50): Promise<Read> => {
  const { rows, ...page } = await counted((sql) => searchRows(sql, filter, before, limit));
  return { ...page, seqs: rows.map(({ seq }) => seq) };
};

/** All pages of a search. */
async function wholeOf(filter: AuditFilter): Promise<{ seqs: number[]; reads: number[] }> {
  const [seqs, reads]: [number[], number[]] = [[], []];
  for (let before: number | null = null; ;) {
    const page: Read = await pageOf(filter, before);
    seqs.push(...page.seqs);
    reads.push(page.rowsRead);
    before = page.next;
    if (before === null) return { seqs, reads };
  }
}

const every = (step: number, rest: number): number[] =>
  Array.from({ length: ROWS / step }, (_, i) => ROWS - step * (i + 1) + rest).filter((seq) => seq > 0);

describe(`a search of ${ROWS} rows`, () => {
  it("without a filter reads what it answers", async () => {
    const { seqs, next, rowsRead } = await pageOf({});
    expect([seqs.length, seqs[0], next]).toEqual([50, ROWS, ROWS - 49]);
    expect(rowsRead).toBeLessThan(120);
  });

  it.each<[string, AuditFilter, number[], number]>([
    ["a rare actor", { actor: "key_rare" }, every(1_000, 1), 150],
    ["a rare address", { address: "198.51.100.7" }, every(1_000, 4), 150],
    ["a resource", { resource: "ast_5000" }, every(1, 0).filter((seq) => Math.floor(seq / 10) === 5_000), 50],
    ["a resource and its actor", { resource: "ast_5000", actor: "key_some" }, [50_002], 50],
  ])("for %s reads its own rows only, however old they are", async (_, filter, wanted, most) => {
    const { seqs, reads } = await wholeOf(filter);
    expect(seqs).toEqual(wanted);
    expect(Math.max(...reads)).toBeLessThan(most);
  });

  it.each<[string, AuditFilter, number[]]>([
    ["an event", { event: "media.deleted" }, every(1_000, 3)],
    ["a rare outcome", { outcome: "refused" }, [50_005, 5]],
    ["an outcome of a busy actor", { actor: "key_1", outcome: "refused" }, [50_005, 5]],
    ["an action that nothing did", { action: "none" }, []],
  ])("for %s finds all of them, and reads at most a bounded number of rows a page", async (_, filter, wanted) => {
    const { seqs, reads } = await wholeOf(filter);
    expect(seqs).toEqual(wanted);
    // Each row that is looked at, and once more for the place to go on at.
    expect(Math.max(...reads)).toBeLessThanOrEqual(2 * SCAN_ROWS + 100);
  });

  it("within a time looks at the rows of that time, found by halving", async () => {
    const filter = { from: atOf(40_000), to: atOf(40_100), outcome: "success" } as const;
    const { seqs, reads } = await wholeOf(filter);
    expect([seqs.length, seqs[0], seqs.at(-1)]).toEqual([100, 40_099, 40_000]);
    expect(Math.max(...reads)).toBeLessThan(400);
    expect((await wholeOf({ from: atOf(ROWS + 10) })).seqs).toEqual([]);
    expect((await wholeOf({ to: atOf(1) })).seqs).toEqual([]);
  });

  it("uses an index for each of what it has one for", async () => {
    const plans = await runInDurableObject(raw, (_instance, { storage: { sql } }) =>
      ["$.resource.id", "$.actor.id", "$.address"].map((path) =>
        JSON.stringify(
          sql
            .exec(
              `EXPLAIN QUERY PLAN SELECT * FROM journal WHERE seq < 9 AND data ->> '${path}' = 'x' ORDER BY seq DESC`,
            )
            .toArray(),
        ),
      ),
    );
    for (const plan of plans) expect(plan).toMatch(/USING INDEX journal_(resource|actor|address)/);
    expect(plans.join()).not.toContain("TEMP B-TREE");
  });

  it("counts a day without looking at the others", async () => {
    const day = (sql: SqlStorage) => readStats(sql, START + 1_440 * EVERY_MS, START + 2_880 * EVERY_MS, 3_600_000);
    const { total, rowsRead } = await counted(day);
    expect(total).toBe(1_440);
    // Buckets, actors and addresses are three readings of the day.
    expect(rowsRead).toBeLessThan(3 * 3 * 1_440);
  });
});
