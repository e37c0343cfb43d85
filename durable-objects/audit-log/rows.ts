/** Reads rows out of the journal of an audit log. */
import type { JournalEvent } from "../../shared/contracts/asset.ts";
import type { AuditFilter, AuditRow, AuditStats } from "../../shared/contracts/audit.ts";
import { type ChainPlace } from "../../shared/core/audit/export.ts";

type Row = { seq: number; id: string; type: string; at: number; data: string; prev_hash: string; hash: string };

const TOP = 10;

/** Conditions on the columns; the rest is looked up in the JSON of the row. */
const CONDITIONS = `(?1 IS NULL OR type = ?1)
  AND (?2 IS NULL OR data ->> '$.actor.id' = ?2)
  AND (?3 IS NULL OR data ->> '$.action' = ?3)
  AND (?4 IS NULL OR data ->> '$.resource.id' = ?4)
  AND (?5 IS NULL OR data ->> '$.outcome' = ?5)
  AND (?6 IS NULL OR data ->> '$.address' = ?6)
  AND (?7 IS NULL OR at >= ?7) AND (?8 IS NULL OR at < ?8)`;

const millis = (instant: string | undefined): number | null => (instant === undefined ? null : Date.parse(instant));

function toRow({ seq, id, type, at, data, prev_hash: prevHash, hash }: Row): AuditRow {
  const { tenant: _, ...told } = JSON.parse(data) as Record<string, unknown>;
  // SAFETY: written by this object from an intent and its ending.
  return { seq, id, event: type, at: new Date(at).toISOString(), ...told, prevHash, hash } as AuditRow;
}

/** Newest first, before a number. */
export function readRows(sql: SqlStorage, filter: AuditFilter, before: number | null, limit: number): AuditRow[] {
  return sql
    .exec<Row>(
      `SELECT * FROM journal WHERE seq < ?9 AND ${CONDITIONS} ORDER BY seq DESC LIMIT ?10`,
      filter.event ?? null,
      filter.actor ?? null,
      filter.action ?? null,
      filter.resource ?? null,
      filter.outcome ?? null,
      filter.address ?? null,
      millis(filter.from),
      millis(filter.to),
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    )
    .toArray()
    .map(toRow);
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
  const buckets = sql
    .exec<{ start: number; total: number; refused: number }>(
      // Every number is bound as a real one, by which `/` does not cut.
      `SELECT at - at % CAST(?3 AS INTEGER) AS start, count(*) AS total, sum(data ->> '$.outcome' = 'refused') AS refused
       FROM journal WHERE at >= ?1 AND at < ?2 GROUP BY 1 ORDER BY 1`,
      from,
      to,
      bucketMs,
    )
    .toArray();
  const top = (path: "$.actor.id" | "$.address"): { name: string; total: number }[] =>
    sql
      .exec<{ name: string; total: number }>(
        `SELECT data ->> '${path}' AS name, count(*) AS total FROM journal
         WHERE at >= ? AND at < ? AND data ->> '${path}' IS NOT NULL
         GROUP BY 1 ORDER BY total DESC, name LIMIT ${TOP}`,
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
