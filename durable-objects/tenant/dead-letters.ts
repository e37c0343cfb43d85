/**
 * The dead letters of one tenant.
 *
 * D1 A letter is found by what it says: the same message of the same queue is one row, however often it fails.
 * D2 One arrival counts once, however often the platform delivers it (the last 16 arrivals are remembered).
 * D3 A new arrival opens the letter again, whatever was done about the one before.
 * D4 At most `maxLetters` rows, none older than `maxAgeMs` since its last failure: the oldest goes first, and is counted.
 */
import { createHash } from "node:crypto";
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterStatus,
  FailedMessage,
  QueueName,
} from "../../shared/contracts/dead-letters.ts";
import { canonicalJson } from "../../shared/core/canonical-json.ts";

export type Bounds = { readonly maxLetters: number; readonly maxAgeMs: number };

/** A letter as it is sent again: `arrivals` tells whether it failed once more meanwhile. */
export type OpenLetter = {
  readonly id: string;
  readonly queue: QueueName;
  readonly body: unknown;
  readonly arrivals: number;
};

/** A letter as it was when it was chosen to be sent. */
export type ChosenLetter = Pick<OpenLetter, "id" | "arrivals">;

const REMEMBERED_ARRIVALS = 16;
const LONGEST_ERROR = 1_000;

type Row = {
  id: string;
  queue: string;
  entity: string | null;
  body: string;
  status: string;
  attempts: number;
  arrivals: number;
  last_error: string | null;
  first_failed_at: number;
  last_failed_at: number;
  message_ids: string;
};

export class DeadLetterStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** Keeps what the last try of a message failed with, until the message arrives as a dead letter. */
  note(queue: QueueName, body: unknown, error: string, nowMs: number): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO dead_letter_errors (id, error, at) VALUES (?, ?, ?)",
      deadLetterId(queue, body),
      error.slice(0, LONGEST_ERROR),
      nowMs,
    );
  }

  keep(message: FailedMessage, entity: string | null, nowMs: number, bounds: Bounds): void {
    const { queue, body, messageId, attempts } = message;
    const id = deadLetterId(queue, body);
    this.#storage.transactionSync(() => {
      const before = this.#row(id);
      // SAFETY: written below.
      const arrivals = before === null ? [] : (JSON.parse(before.message_ids) as string[]);
      if (arrivals.includes(messageId)) return;
      const noted = this.#sql
        .exec<{ error: string }>("DELETE FROM dead_letter_errors WHERE id = ? RETURNING error", id)
        .toArray()[0];
      this.#sql.exec(
        `INSERT INTO dead_letters (id, queue, entity, body, status, attempts, arrivals, last_error, first_failed_at, last_failed_at, message_ids)
         VALUES (?1, ?2, ?3, ?4, 'open', ?5, 1, ?6, ?7, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET status = 'open', body = excluded.body, attempts = attempts + excluded.attempts,
           arrivals = arrivals + 1, last_error = coalesce(excluded.last_error, last_error),
           last_failed_at = excluded.last_failed_at, message_ids = excluded.message_ids`,
        id,
        queue,
        entity,
        canonicalJson(body ?? null),
        attempts,
        message.error?.slice(0, LONGEST_ERROR) ?? noted?.error ?? null,
        nowMs,
        JSON.stringify([...arrivals, messageId].slice(-REMEMBERED_ARRIVALS)),
      );
      this.#bound(nowMs, bounds);
    });
  }

  read({ queue, status, limit, after }: DeadLetterPage): DeadLetter[] {
    const afterMs = after === null ? null : Date.parse(after.firstFailedAt);
    return this.#sql
      .exec<Row>(
        `SELECT * FROM dead_letters
         WHERE (?1 IS NULL OR queue = ?1) AND (?2 IS NULL OR status = ?2)
           AND (?3 IS NULL OR (first_failed_at, id) < (?3, ?4))
         ORDER BY first_failed_at DESC, id DESC LIMIT ?5`,
        queue,
        status,
        afterMs,
        after?.id ?? "",
        limit,
      )
      .toArray()
      .map(letterOf);
  }

  get(id: string): DeadLetter | null {
    const row = this.#row(id);
    return row === null ? null : letterOf(row);
  }

  /** Letters that wait, oldest first. */
  open(filter: { id: string | null; queue: QueueName | null; limit: number }): OpenLetter[] {
    return this.#sql
      .exec<Row>(
        `SELECT * FROM dead_letters
         WHERE status = 'open' AND (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR queue = ?2)
         ORDER BY first_failed_at, id LIMIT ?3`,
        filter.id,
        filter.queue,
        filter.limit,
      )
      .toArray()
      .map((row) => ({ ...letterOf(row), arrivals: row.arrivals }));
  }

  /** Those of the letters that wait still, and have not failed again since they were chosen; oldest first. */
  stillOpen(chosen: readonly ChosenLetter[]): OpenLetter[] {
    const arrivals = new Map(chosen.map((letter) => [letter.id, letter.arrivals]));
    return this.#sql
      .exec<Row>(
        `SELECT * FROM dead_letters WHERE status = 'open' AND id IN (SELECT value FROM json_each(?))
         ORDER BY first_failed_at, id`,
        JSON.stringify([...arrivals.keys()]),
      )
      .toArray()
      .filter((row) => arrivals.get(row.id) === row.arrivals)
      .map((row) => ({ ...letterOf(row), arrivals: row.arrivals }));
  }

  countOpen(queue: QueueName | null): number {
    return this.#sql
      .exec<{ n: number }>(
        "SELECT count(*) AS n FROM dead_letters WHERE status = 'open' AND (?1 IS NULL OR queue = ?1)",
        queue,
      )
      .one().n;
  }

  /** A letter that failed again while it was being sent stays open. */
  redriven(letters: readonly OpenLetter[]): void {
    this.#storage.transactionSync(() => {
      for (const { id, arrivals } of letters) {
        this.#sql.exec(
          "UPDATE dead_letters SET status = 'redriven' WHERE id = ? AND status = 'open' AND arrivals = ?",
          id,
          arrivals,
        );
      }
    });
  }

  /** False when there is no such letter. What it said is forgotten; that it was there is not. */
  purge(id: string): boolean {
    const purged = this.#sql.exec(
      "UPDATE dead_letters SET status = 'purged', body = 'null' WHERE id = ? RETURNING id",
      id,
    );
    return purged.toArray().length > 0;
  }

  /** Letters that the bounds have removed since the beginning. */
  dropped(): number {
    return this.#sql.exec<{ dropped: number }>("SELECT dropped FROM dead_letters_dropped WHERE id = 1").one().dropped;
  }

  #row(id: string): Row | null {
    return this.#sql.exec<Row>("SELECT * FROM dead_letters WHERE id = ?", id).toArray()[0] ?? null;
  }

  #bound(nowMs: number, { maxLetters, maxAgeMs }: Bounds): void {
    this.#sql.exec("DELETE FROM dead_letter_errors WHERE at < ?", nowMs - maxAgeMs);
    const aged = this.#sql
      .exec("DELETE FROM dead_letters WHERE last_failed_at < ? RETURNING id", nowMs - maxAgeMs)
      .toArray().length;
    const { n } = this.#sql.exec<{ n: number }>("SELECT count(*) AS n FROM dead_letters").one();
    const surplus = Math.max(0, n - maxLetters);
    if (surplus > 0) {
      this.#sql.exec(
        "DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters ORDER BY last_failed_at, id LIMIT ?)",
        surplus,
      );
    }
    if (aged + surplus > 0) this.#sql.exec("UPDATE dead_letters_dropped SET dropped = dropped + ?", aged + surplus);
  }
}

/** D1: what a letter says is who it is. */
export function deadLetterId(queue: QueueName, body: unknown): string {
  const digest = createHash("sha256")
    .update(`${queue}\n${canonicalJson(body ?? null)}`)
    .digest("hex");
  return `dlt_${digest.slice(0, 32)}`;
}

function letterOf(row: Row): DeadLetter {
  return {
    id: row.id,
    // SAFETY: the three columns are written by keep, redriven and purge from values of these types.
    queue: row.queue as QueueName,
    entity: row.entity,
    body: JSON.parse(row.body) as DeadLetter["body"],
    status: row.status as DeadLetterStatus,
    attempts: row.attempts,
    lastError: row.last_error,
    firstFailedAt: new Date(row.first_failed_at).toISOString(),
    lastFailedAt: new Date(row.last_failed_at).toISOString(),
  };
}
