/**
 * What an object still has to tell others. Rows are written in the transaction of the events that cause them and
 * leave the table when they have arrived.
 *
 * O1 A row is sent at least once, in the order of writing per target.
 * O2 A row with `confirmedByReceiver` stays after a successful send and is sent again, with growing delays, until
 *    `confirm` removes it: a queue that loses its messages only delays the work.
 * O3 One row per (target, key): adding it again replaces the body and starts over.
 */
import type { OutboxEntry } from "../../shared/core/effect.ts";
import { type Backoff, backoffMs } from "../../shared/core/backoff.ts";
import { assertFitsMessage, assertFitsRow } from "./limits.ts";

export type OutboxRow = {
  id: number;
  target: string;
  key: string;
  body: unknown;
  confirmedByReceiver: boolean;
  attempts: number;
};

/** Sending is tried at once after the commit; this delay is the net below that. */
const FIRST_ALARM_MS = 15_000;

/** Rows that are read at a time: bodies are in memory together. */
export const DUE_AT_ONCE = 500;

const RETRY: Backoff = { initialIntervalMs: 1_000, backoffCoefficient: 2, maximumIntervalMs: 300_000 };
const CONFIRMATION: Backoff = { initialIntervalMs: 15_000, backoffCoefficient: 2, maximumIntervalMs: 300_000 };

const dueOf = (targets: string): string =>
  `SELECT * FROM outbox AS row WHERE ${targets} (attempts = 0 OR next_at <= ?1) AND NOT EXISTS (
     SELECT 1 FROM outbox AS before WHERE before.target = row.target AND before.id < row.id
       AND before.confirmed_by_receiver = 0 AND before.attempts > 0 AND before.next_at > ?1
   ) ORDER BY id LIMIT ${DUE_AT_ONCE}`;
const DUE_OF_ALL = dueOf("");
const DUE_OF_ONE = dueOf("target = ?2 AND");

type Stored = {
  id: number;
  target: string;
  key: string;
  body: string;
  confirmed_by_receiver: number;
  attempts: number;
};

export class Outbox {
  readonly #sql: SqlStorage;
  #touched = false;
  #added = 0;
  #lastId: number | null = null;
  /** What the table says, kept until it changes: most commits only ask. Undefined when it has to be read. */
  #nextAt: number | null | undefined;
  /** Rows that have been sent, and until when they rest. In memory: another life of the object sends them once more. */
  readonly #restUntilMs = new Map<number, number>();
  /** Rows that have arrived and are to be removed with the next write. */
  #arrived: number[] = [];
  /** Rows waiting for a confirmation that this life has sent once. */
  readonly #sentBefore = new Set<number>();

  /** `isNew`: there is no table yet, and nothing to read. */
  constructor(sql: SqlStorage, isNew: boolean) {
    this.#sql = sql;
    this.forget(isNew);
    if (isNew) this.#lastId = 0;
  }

  /** What is known of the table may be wrong: a transaction was rolled back, that which made the table too if `isNew`. */
  forget(isNew: boolean): void {
    this.#nextAt = isNew ? null : undefined;
  }

  /** Throws for a body that its way cannot carry: larger ones go to R2 first and are named by the entry. */
  add(entries: readonly OutboxEntry[], nowMs: number): void {
    this.#touched ||= entries.length > 0;
    this.#added += entries.length;
    for (const entry of entries) {
      const nextAt = nowMs + (entry.confirmedByReceiver ? CONFIRMATION.initialIntervalMs : FIRST_ALARM_MS);
      if (this.#nextAt !== undefined) this.#nextAt = Math.min(this.#nextAt ?? nextAt, nextAt);
      const body = JSON.stringify(entry.body);
      if (entry.target.startsWith("queue:")) assertFitsMessage(body, `A message to ${entry.target}`);
      else assertFitsRow(body, `A message to ${entry.target}`);
      this.#sql.exec(
        // Replacing gives the row a new id: what is under way for the old one cannot touch it.
        "INSERT OR REPLACE INTO outbox (id, target, key, body, confirmed_by_receiver, attempts, next_at) VALUES (?, ?, ?, ?, ?, 0, ?)",
        this.#nextId(nowMs),
        entry.target,
        entry.key,
        body,
        entry.confirmedByReceiver ? 1 : 0,
        nextAt,
      );
    }
  }

  /** Whether something was added since the last call. */
  takeTouched(): boolean {
    const touched = this.#touched;
    this.#touched = false;
    return touched;
  }

  /** What is due, by target: the first rows of each, up to `DUE_AT_ONCE`. */
  allDue(nowMs: number): ReadonlyMap<string, readonly OutboxRow[]> {
    if (this.nextAt() === null) return new Map();
    const rows = this.#sql.exec<Stored>(DUE_OF_ALL, nowMs).toArray();
    // Mostly a row or two; where there are many, each target gets its own share.
    if (rows.length < DUE_AT_ONCE) return Map.groupBy(this.#awake(rows, nowMs), ({ target }) => target);
    const targets = this.#sql.exec<{ target: string }>("SELECT DISTINCT target FROM outbox").toArray();
    return new Map(targets.map(({ target }) => [target, this.due(target, nowMs)]));
  }

  /**
   * Rows for the target that were never sent, and those whose time has come, in order of writing; none that would
   * overtake one which did not arrive and waits for its next try.
   */
  due(target: string, nowMs: number): OutboxRow[] {
    return this.#awake(this.#sql.exec<Stored>(DUE_OF_ONE, nowMs, target).toArray(), nowMs);
  }

  #awake(rows: readonly Stored[], nowMs: number): OutboxRow[] {
    return rows
      .filter((row) => !this.#rests(row.id, nowMs))
      .map((row) => ({
        id: row.id,
        target: row.target,
        key: row.key,
        body: JSON.parse(row.body) as unknown,
        confirmedByReceiver: row.confirmed_by_receiver === 1,
        attempts: row.attempts,
      }));
  }

  /** Rows added by this life of the object: who has seen the number need not look again while it stands. */
  get added(): number {
    return this.#added;
  }

  /**
   * The row was sent. Nothing is written yet: one that has arrived goes with the next `flush`, and one that its
   * receiver has to confirm has its next date already.
   */
  delivered(row: OutboxRow, nowMs: number, jitter: number): void {
    for (const [id, untilMs] of this.#restUntilMs) if (untilMs <= nowMs) this.#restUntilMs.delete(id);
    if (!row.confirmedByReceiver) {
      this.#arrived.push(row.id);
      this.#restUntilMs.set(row.id, nowMs + FIRST_ALARM_MS);
    } else if (row.attempts === 0 && !this.#sentBefore.has(row.id)) {
      this.#sentBefore.add(row.id);
      this.#restUntilMs.set(row.id, nowMs + CONFIRMATION.initialIntervalMs);
    } else {
      this.#postpone(row, nowMs + backoffMs(CONFIRMATION, row.attempts + 1, jitter));
    }
  }

  /** Removes what has arrived. */
  flush(): void {
    if (this.#arrived.length === 0) return;
    this.#nextAt = undefined;
    this.#sql.exec("DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(this.#arrived));
    this.#arrived = [];
  }

  /** The row is about to be sent, and not again before `nextAtMs`, whatever becomes of the object. */
  began(row: OutboxRow, nextAtMs: number): void {
    this.#postpone(row, nextAtMs);
  }

  /** `settlingMs`: the least time to the next try. */
  failed(row: OutboxRow, nowMs: number, jitter: number, settlingMs = 0): void {
    this.#postpone(row, nowMs + Math.max(settlingMs, backoffMs(RETRY, row.attempts + 1, jitter)));
  }

  /** The receiver has acted on it. */
  confirm(target: string, key: string): void {
    if (this.nextAt() === null) return;
    this.#nextAt = undefined;
    this.#sql.exec("DELETE FROM outbox WHERE target = ? AND key = ?", target, key);
  }

  /** Whether something for the target has not arrived. */
  waitsFor(target: string): boolean {
    if (this.nextAt() === null) return false;
    const rows = this.#sql.exec<{ id: number }>("SELECT id FROM outbox WHERE target = ?", target).toArray();
    return rows.some(({ id }) => !this.#arrived.includes(id));
  }

  nextAt(): number | null {
    if (this.#nextAt === undefined) {
      this.#nextAt = this.#sql.exec<{ at: number | null }>("SELECT MIN(next_at) AS at FROM outbox").one().at;
    }
    return this.#nextAt;
  }

  /** Never used before, and larger than all before: the time in microseconds, or one more than the last. */
  #nextId(nowMs: number): number {
    this.#lastId ??= this.#sql.exec<{ id: number | null }>("SELECT MAX(id) AS id FROM outbox").one().id ?? 0;
    this.#lastId = Math.max(this.#lastId + 1, nowMs * 1_000);
    return this.#lastId;
  }

  #rests(id: number, nowMs: number): boolean {
    return (this.#restUntilMs.get(id) ?? 0) > nowMs;
  }

  #postpone(row: OutboxRow, nextAt: number): void {
    this.#nextAt = undefined;
    this.#restUntilMs.delete(row.id);
    this.#sql.exec("UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE id = ?", nextAt, row.id);
  }
}
