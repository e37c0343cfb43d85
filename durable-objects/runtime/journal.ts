/**
 * The hash-chained journal of one object.
 *
 * J1 `seq` is gapless from 1.
 * J2 `hash` is SHA-256 over the canonical JSON of the entry without its hash, `prevHash` included; the first
 *    `prevHash` is 64 zeros. Whoever has the entries can check them without the server.
 */
import { hash as digest } from "node:crypto";
import type { JournalEvent } from "../../shared/contracts/asset.ts";
import type { StoredEvent } from "../../shared/core/decider.ts";
import { canonicalJson } from "../../shared/core/canonical-json.ts";
import { assertFitsRow } from "./limits.ts";

export const GENESIS_HASH = "0".repeat(64);

export type NewEvent = StoredEvent;

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

const toEvent = (row: Row): JournalEvent => ({
  seq: row.seq,
  id: row.id,
  type: row.type,
  version: row.version,
  at: new Date(row.at).toISOString(),
  // SAFETY: written by append from a JSON object.
  data: JSON.parse(row.data) as JournalEvent["data"],
  prevHash: row.prev_hash,
  hash: row.hash,
});

/** `canonicalJson` of an entry whose data is canonical already: the members in their order, the data said once. */
function canonicalEntry(entry: Omit<JournalEvent, "data" | "hash">, data: string): string {
  const { at, id, prevHash, seq, type, version } = entry;
  return `{"at":"${at}","data":${data},"id":"${id}","prevHash":"${prevHash}","seq":${seq},"type":"${type}","version":${version}}`;
}

type Head = { seq: number; hash: string };

const EMPTY: Head = { seq: 0, hash: GENESIS_HASH };

export class Journal {
  readonly #sql: SqlStorage;
  #head: Head;

  /** `isNew`: there is no table yet, and nothing to read. */
  constructor(sql: SqlStorage, isNew = false) {
    this.#sql = sql;
    this.#head = isNew ? EMPTY : this.#readHead();
  }

  #readHead(): Head {
    const row = this.#sql.exec<Head>("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").toArray()[0];
    return row ?? EMPTY;
  }

  get seq(): number {
    return this.#head.seq;
  }

  /** Appends within the caller's transaction; `restore` undoes the cached head when that transaction rolls back. */
  append(events: readonly NewEvent[], nowMs: number, eventId: () => string): void {
    for (const event of events) {
      const data = canonicalJson(event.data);
      assertFitsRow(data, `Event ${event.type}`);
      const seq = this.#head.seq + 1;
      const id = eventId();
      const prevHash = this.#head.hash;
      const at = new Date(nowMs).toISOString();
      const entry = canonicalEntry({ seq, id, type: event.type, version: event.version, at, prevHash }, data);
      const hash = digest("sha256", entry, "hex");
      this.#sql.exec(
        "INSERT INTO journal (seq, id, type, version, at, data, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        id,
        event.type,
        event.version,
        nowMs,
        data,
        prevHash,
        hash,
      );
      this.#head = { seq, hash };
    }
  }

  /** `isNew`: the transaction that made the table was rolled back too. */
  restore(isNew = false): void {
    this.#head = isNew ? EMPTY : this.#readHead();
  }

  /** Every entry up to `upToSeq`, oldest first, a page in memory at a time. */
  *upTo(upToSeq: number): Generator<{ event: StoredEvent; atMs: number }> {
    const pageSize = 500;
    for (let after = 0; after < upToSeq; after += pageSize) {
      const rows = this.#sql
        .exec<Pick<Row, "type" | "version" | "at" | "data">>(
          "SELECT type, version, at, data FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq",
          after,
          Math.min(after + pageSize, upToSeq),
        )
        .toArray();
      for (const { type, version, at, data } of rows) {
        // SAFETY: written by append from a JSON object.
        yield { event: { type, version, data: JSON.parse(data) as StoredEvent["data"] }, atMs: at };
      }
    }
  }

  /** Entries with `seq > after`, oldest first. */
  read(after: number, limit: number): JournalEvent[] {
    return this.#sql
      .exec<Row>("SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", after, limit)
      .toArray()
      .map(toEvent);
  }
}
