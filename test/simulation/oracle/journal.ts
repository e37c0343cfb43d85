/** Reads the journal of an object as anybody could, and checks its chain with its own arithmetic. */
import { createHash } from "node:crypto";
import type { DurableSql } from "../platform/durable-sql.ts";

export type Entry = {
  readonly seq: number;
  readonly type: string;
  readonly atMs: number;
  readonly data: Readonly<Record<string, unknown>>;
};

type Row = {
  seq: number;
  id: string;
  type: string;
  version: number;
  at: number;
  data: string;
  prev_hash: string;
  hash: string;
};

/** False for an object that nobody ever called. */
export const hasJournal = (sql: DurableSql): boolean =>
  sql.look("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'journal'").length > 0;

/** The types of all entries, in order; none when there is no journal. */
export const typesOf = (sql: DurableSql): string[] =>
  hasJournal(sql) ? sql.look<{ type: string }>("SELECT type FROM journal ORDER BY seq").map(({ type }) => type) : [];

/** The entries, and what is wrong with their numbering and chain. */
export function readJournal(sql: DurableSql): { entries: Entry[]; faults: string[] } {
  const rows = sql.look<Row>("SELECT * FROM journal ORDER BY seq");
  const faults: string[] = [];
  let previous = "0".repeat(64);
  for (const [index, row] of rows.entries()) {
    if (row.seq !== index + 1) faults.push(`entry ${index + 1} has seq ${row.seq}`);
    if (row.prev_hash !== previous) faults.push(`entry ${row.seq} does not follow the one before`);
    const hashed = sorted({
      seq: row.seq,
      id: row.id,
      type: row.type,
      version: row.version,
      at: new Date(row.at).toISOString(),
      data: JSON.parse(row.data) as unknown,
      prevHash: row.prev_hash,
    });
    const hash = createHash("sha256").update(JSON.stringify(hashed)).digest("hex");
    if (hash !== row.hash) faults.push(`entry ${row.seq} has a wrong hash`);
    previous = row.hash;
  }
  const entries = rows.map(({ seq, type, at, data }) => ({
    seq,
    type,
    atMs: at,
    data: JSON.parse(data) as Record<string, unknown>,
  }));
  return { entries, faults };
}

/** The same value with the members of every object in order of their names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const names = Object.keys(value).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(names.map((name) => [name, sorted((value as Record<string, unknown>)[name])]));
}
