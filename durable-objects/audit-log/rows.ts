/** Reads rows out of the journal of an audit log. */
import type { JournalEvent } from "../../shared/contracts/asset.ts";
import type { AuditFilter, AuditRow, AuditStats } from "../../shared/contracts/audit.ts";
import { type ChainPlace } from "../../shared/core/audit/export.ts";

type Row = { seq: number; id: string; type: string; at: number; data: string; prev_hash: string; hash: string };

const TOP = 10;

/**
 * The most rows that one page looks at: the rest of the log is for the next page. 5,000 rows of 1 KB are read in some
 * 20 ms, during which the log takes nothing else.
 */
export const SCAN_ROWS = 5_000;

/** Clocks of two machines that an object has lived on differ by less. */
const CLOCK_SLACK_MS = 60_000;

const millis = (instant: string | undefined): number | null => (instant === undefined ? null : Date.parse(instant));

function toRow({ seq, id, type, at, data, prev_hash: prevHash, hash }: Row): AuditRow {
  const { tenant: _, ...told } = JSON.parse(data) as Record<string, unknown>;
  // SAFETY: written by this object from an intent and its ending.
  return { seq, id, event: type, at: new Date(at).toISOString(), ...told, prevHash, hash } as AuditRow;
}

/** A condition on a row, with what is bound to it. */
type Condition = readonly [sql: string, value: string | number];

/** Of which there is an index, the one that leaves fewest rows first. */
const indexedBy = ({ resource, actor, address }: AuditFilter): Condition[] => [
  ...(resource === undefined ? [] : [["data ->> '$.resource.id' = ?", resource] as const]),
  ...(actor === undefined ? [] : [["data ->> '$.actor.id' = ?", actor] as const]),
  ...(address === undefined ? [] : [["data ->> '$.address' = ?", address] as const]),
];

const others = ({ event, action, outcome, from, to }: AuditFilter): Condition[] => [
  ...(event === undefined ? [] : [["type = ?", event] as const]),
  ...(action === undefined ? [] : [["data ->> '$.action' = ?", action] as const]),
  ...(outcome === undefined ? [] : [["data ->> '$.outcome' = ?", outcome] as const]),
  ...(from === undefined ? [] : [["at >= ?", Date.parse(from)] as const]),
  ...(to === undefined ? [] : [["at < ?", Date.parse(to)] as const]),
];

const allOf = (conditions: readonly Condition[]): string => conditions.map(([text]) => text).join(" AND ");
const valuesOf = (conditions: readonly Condition[]): (string | number)[] => conditions.map(([, value]) => value);

/**
 * Newest first, before a number. `next` is the number to go on before, null at the end: a page may be short, or empty, and
 * have a next one, because it looks at `SCAN_ROWS` rows at most (of the resource, actor or address asked for, else of all
 * in the time asked for).
 */
export function searchRows(
  sql: SqlStorage,
  filter: AuditFilter,
  before: number | null,
  limit: number,
): { rows: AuditRow[]; next: number | null } {
  const { from, to } = seqsBetween(sql, millis(filter.from), millis(filter.to));
  const [index, ...rest] = [...indexedBy(filter), ...others(filter)];
  const leads = indexedBy(filter).length > 0;
  const scanned: Condition[] = [
    ["seq < ?", Math.min(before ?? Number.MAX_SAFE_INTEGER, to)],
    ["seq >= ?", from],
    ...(leads && index !== undefined ? [index] : []),
  ];
  const checked: Condition[] = leads || index === undefined ? rest : [index, ...rest];
  const scan = `FROM journal WHERE ${allOf(scanned)} ORDER BY seq DESC LIMIT ${SCAN_ROWS}`;
  const found = sql
    .exec<Row>(
      `SELECT * FROM (SELECT * ${scan}) WHERE ${checked.length === 0 ? "TRUE" : allOf(checked)} LIMIT ?`,
      ...valuesOf(scanned),
      ...valuesOf(checked),
      // One more than asked for tells whether there is a next page.
      limit + 1,
    )
    .toArray()
    .map(toRow);
  if (found.length > limit) {
    const rows = found.slice(0, limit);
    return { rows, next: rows.at(-1)?.seq ?? null };
  }
  const last = sql
    .exec<{ seq: number | null; total: number }>(
      `SELECT MIN(seq) AS seq, count(*) AS total FROM (SELECT seq ${scan})`,
      ...valuesOf(scanned),
    )
    .one();
  return { rows: found, next: last.total === SCAN_ROWS ? last.seq : null };
}

/** The numbers among which all rows of a time are: `from` and later ones, before `to`. Found by halving. */
function seqsBetween(sql: SqlStorage, fromMs: number | null, toMs: number | null): { from: number; to: number } {
  const { first, last } = sql
    .exec<{ first: number | null; last: number | null }>(
      "SELECT (SELECT seq FROM journal ORDER BY seq LIMIT 1) AS first, (SELECT seq FROM journal ORDER BY seq DESC LIMIT 1) AS last",
    )
    .one();
  const end = (last ?? 0) + 1;
  const firstAt = (ms: number): number => {
    let [low, high] = [first ?? 1, end];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = sql
        .exec<{ seq: number; at: number }>("SELECT seq, at FROM journal WHERE seq >= ? ORDER BY seq LIMIT 1", middle)
        .toArray()[0];
      if (row === undefined || row.at >= ms) high = middle;
      else low = row.seq + 1;
    }
    return low;
  };
  return {
    from: fromMs === null ? 0 : firstAt(fromMs - CLOCK_SLACK_MS),
    to: toMs === null ? end : firstAt(toMs + CLOCK_SLACK_MS),
  };
}

export function readRow(sql: SqlStorage, seq: number): AuditRow | null {
  const row = sql.exec<Row>("SELECT * FROM journal WHERE seq = ?", seq).toArray()[0];
  return row === undefined ? null : toRow(row);
}

/** The place that a piece of the chain follows: what is kept no longer has left its hash in the row after it. */
export function placeBefore(entries: readonly JournalEvent[], newest: ChainPlace): ChainPlace {
  const [first] = entries;
  return first === undefined ? newest : { seq: first.seq - 1, hash: first.prevHash };
}

export function readStats(sql: SqlStorage, from: number, to: number, bucketMs: number): AuditStats {
  const among = seqsBetween(sql, from, to);
  const buckets = sql
    .exec<{ start: number; total: number; refused: number }>(
      // Every number is bound as a real one, by which `/` does not cut.
      `SELECT at - at % CAST(?3 AS INTEGER) AS start, count(*) AS total, sum(data ->> '$.outcome' = 'refused') AS refused
       FROM journal WHERE seq >= ?4 AND seq < ?5 AND at >= ?1 AND at < ?2 GROUP BY 1 ORDER BY 1`,
      from,
      to,
      bucketMs,
      among.from,
      among.to,
    )
    .toArray();
  const top = (path: "$.actor.id" | "$.address"): { name: string; total: number }[] =>
    sql
      .exec<{ name: string; total: number }>(
        `SELECT data ->> '${path}' AS name, count(*) AS total FROM journal
         WHERE seq >= ? AND seq < ? AND at >= ? AND at < ? AND data ->> '${path}' IS NOT NULL
         GROUP BY 1 ORDER BY total DESC, name LIMIT ${TOP}`,
        among.from,
        among.to,
        from,
        to,
      )
      .toArray();
  return {
    total: buckets.reduce((sum, { total }) => sum + total, 0),
    buckets: buckets.map(({ start, total, refused }) => ({
      start: new Date(start).toISOString(),
      rows: total,
      refused,
    })),
    topActors: top("$.actor.id").map(({ name, total }) => ({ id: name, rows: total })),
    topAddresses: top("$.address").map(({ name, total }) => ({ address: name, rows: total })),
  };
}
