/**
 * Replies of commands that carried an idempotency key, kept 80 h: longer than the longest chain of repetitions a
 * client or a webhook makes (75 h 35 min). Written in the transaction of the effect.
 */
export const IDEMPOTENCY_TTL_MS = 80 * 3_600_000;

/** The largest reply that is kept whole. An operator's command answers with a view of 1 to 3 KB. */
const KEPT_REPLY_BYTES = 8 * 1024;

/**
 * What is kept of a reply: all of it up to 8 KiB of JSON, else null, and the repetition is answered with what is so by
 * then. Not for replies with a secret in them, nor for what a client may ask to be forgotten.
 */
export function keptReply<T>(reply: T): T | null {
  return new TextEncoder().encode(JSON.stringify(reply)).length <= KEPT_REPLY_BYTES ? reply : null;
}

export type Recorded =
  | { readonly kind: "new" }
  | { readonly kind: "same"; readonly reply: unknown }
  | { readonly kind: "conflict" };

export class Idempotency {
  readonly #sql: SqlStorage;
  /** Whether the table is there: it is made for the first record. */
  #exists = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** `conflict`: the key was used with another request (another fingerprint). */
  look(key: string, fingerprint: string, nowMs: number): Recorded {
    this.#exists ||= this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'idempotency'").toArray().length > 0;
    if (!this.#exists) return { kind: "new" };
    const row = this.#sql
      .exec<{ fingerprint: string; reply: string }>(
        "SELECT fingerprint, reply FROM idempotency WHERE key = ? AND expires_at > ?",
        key,
        nowMs,
      )
      .toArray()[0];
    if (row === undefined) return { kind: "new" };
    return row.fingerprint === fingerprint
      ? { kind: "same", reply: JSON.parse(row.reply) as unknown }
      : { kind: "conflict" };
  }

  record(key: string, fingerprint: string, reply: unknown, nowMs: number): void {
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS idempotency (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, reply TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID",
    );
    this.#sql.exec("DELETE FROM idempotency WHERE expires_at <= ?", nowMs);
    this.#sql.exec(
      "INSERT OR REPLACE INTO idempotency (key, fingerprint, reply, expires_at) VALUES (?, ?, ?, ?)",
      key,
      fingerprint,
      JSON.stringify(reply),
      nowMs + IDEMPOTENCY_TTL_MS,
    );
  }
}
