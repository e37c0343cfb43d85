/**
 * The files of an audit log in the bucket, `<tenant>/audit/<from>-<to>.ndjson`: pieces of the chain, each verifiable by
 * itself and in its place.
 *
 * F1 A file has 1,000 rows, or what there is an hour after the first of them.
 * F2 What a file has is decided before it is written and does not change: writing it again, after an end in between,
 *    writes the same bytes under the same name.
 * F3 A row leaves the object when its time is over and a file has it; the newest row stays for ever, as the head of the
 *    chain. A file leaves the bucket when the time of its last row is over.
 */
import type { JournalEvent } from "../../shared/contracts/asset.ts";
import { chainFile } from "../../shared/core/audit/export.ts";
import type { Journal } from "../runtime/journal.ts";
import { placeBefore } from "./rows.ts";

export const SEGMENT_ROWS = 1_000;
const SEGMENT_AGE_MS = 3_600_000;

type Segment = { from_seq: number; to_seq: number };

const digits = (seq: number): string => String(seq).padStart(12, "0");
const keyOf = (tenant: string, { from_seq: from, to_seq: to }: Segment): string =>
  `${tenant}/audit/${digits(from)}-${digits(to)}.ndjson`;

/** Every row names its tenant. */
function tenantOf(entry: JournalEvent | undefined): string {
  const tenant = entry?.data["tenant"];
  if (typeof tenant !== "string") throw new Error("A row of the audit log names no tenant.");
  return tenant;
}

export class Segments {
  readonly #sql: SqlStorage;
  readonly #journal: Journal;
  readonly #bucket: R2Bucket;

  constructor(sql: SqlStorage, journal: Journal, bucket: R2Bucket) {
    this.#sql = sql;
    this.#journal = journal;
    this.#bucket = bucket;
  }

  /** The newest row that a file has. */
  #flushed(): number {
    return this.#sql.exec<{ seq: number | null }>("SELECT MAX(to_seq) AS seq FROM segments").one().seq ?? 0;
  }

  /** When there is something to write; null when every row is in a file. */
  dueAt(): number | null {
    const row = this.#sql
      .exec<{ at: number; total: number }>(
        "SELECT MIN(at) AS at, count(*) AS total FROM journal WHERE seq > ?",
        this.#flushed(),
      )
      .one();
    if (row.total === 0) return null;
    return row.total >= SEGMENT_ROWS ? 0 : row.at + SEGMENT_AGE_MS;
  }

  async flush(nowMs: number): Promise<void> {
    const open = this.#sql
      .exec<Segment>("SELECT from_seq, to_seq FROM segments WHERE written_at IS NULL ORDER BY from_seq")
      .toArray();
    for (const segment of open) await this.#write(segment, nowMs);
    while ((this.dueAt() ?? Infinity) <= nowMs) {
      const from = this.#flushed() + 1;
      const last = this.#sql
        .exec<{ seq: number; at: number }>(
          "SELECT seq, at FROM journal WHERE seq >= ? AND seq < ? ORDER BY seq DESC LIMIT 1",
          from,
          from + SEGMENT_ROWS,
        )
        .one();
      this.#sql.exec("INSERT INTO segments (from_seq, to_seq, last_at) VALUES (?, ?, ?)", from, last.seq, last.at);
      await this.#write({ from_seq: from, to_seq: last.seq }, nowMs);
    }
  }

  async #write(segment: Segment, nowMs: number): Promise<void> {
    const { from_seq: from, to_seq: to } = segment;
    const entries = this.#journal.read(from - 1, to - from + 1);
    const tenant = tenantOf(entries[0]);
    const after = placeBefore(entries, { seq: 0, hash: "" });
    await this.#bucket.put(keyOf(tenant, segment), chainFile(tenant, after, entries), {
      httpMetadata: { contentType: "application/x-ndjson" },
    });
    this.#sql.exec("UPDATE segments SET written_at = ? WHERE from_seq = ?", nowMs, from);
  }

  /** Removes what was written before `beforeMs`. */
  async expire(beforeMs: number): Promise<void> {
    const over = this.#sql
      .exec<Segment>("SELECT from_seq, to_seq FROM segments WHERE written_at IS NOT NULL AND last_at < ?", beforeMs)
      .toArray();
    if (over.length === 0) return;
    const newest = this.#journal.read(this.#journal.seq - 1, 1)[0];
    const tenant = tenantOf(newest);
    await this.#bucket.delete(over.map((segment) => keyOf(tenant, segment)));
    for (const { from_seq: from, to_seq: to } of over) {
      this.#sql.exec("DELETE FROM journal WHERE seq BETWEEN ? AND ? AND seq < ?", from, to, this.#journal.seq);
    }
    // The newest segment stays as the mark of what was written.
    this.#sql.exec(
      "DELETE FROM segments WHERE written_at IS NOT NULL AND last_at < ? AND to_seq < (SELECT MAX(to_seq) FROM segments)",
      beforeMs,
    );
  }
}
