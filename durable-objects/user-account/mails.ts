/**
 * Mails that have to go out: written with what they tell of, sent after it, repeated until they have gone or would come
 * too late. Tokens lie here sealed.
 */
import { z } from "zod";
import { backoffMs } from "../../shared/core/backoff.ts";
import { open, seal } from "../../shared/identity/seal.ts";
import { type Mail, MAIL_KINDS, type MailKind } from "../../shared/ports/mailer.ts";
import type { SigningKey } from "../../shared/tokens/signed-token.ts";

const RETRY = { initialIntervalMs: 5_000, backoffCoefficient: 2, maximumIntervalMs: 900_000 };
/** How late a mail that has no token may come. */
const NEWS_MS = 86_400_000;
/** The least time between two mails of a kind that anybody can cause. */
const PAUSE_MS = 60_000;

const Kind = z.enum(MAIL_KINDS);
type Row = { id: number; recipient: string; kind: string; sealed_token: string | null; attempts: number };

type DueMail = { readonly id: number; readonly attempts: number; readonly mail: Mail };

export class MailStore {
  readonly #sql: SqlStorage;
  readonly #keys: readonly SigningKey[];

  constructor(sql: SqlStorage, keys: readonly SigningKey[]) {
    this.#sql = sql;
    this.#keys = keys;
  }

  /** Whether a mail of that kind was written a moment ago: what strangers can ask for fills nobody's mailbox. */
  justWritten(kind: MailKind, nowMs: number): boolean {
    return (
      this.#sql.exec("SELECT 1 FROM mail_times WHERE kind = ? AND at > ?", kind, nowMs - PAUSE_MS).toArray().length > 0
    );
  }

  /** `expiresAtMs`: from when on the token is worthless. */
  add({ kind, to, token }: Mail, nowMs: number, expiresAtMs: number = nowMs + NEWS_MS): void {
    this.#sql.exec("INSERT OR REPLACE INTO mail_times (kind, at) VALUES (?, ?)", kind, nowMs);
    const sealed = token === null ? null : seal(this.#keys, token, contextOf(to));
    this.#sql.exec(
      "INSERT INTO mails (recipient, kind, sealed_token, attempts, next_at, expires_at) VALUES (?, ?, ?, 0, ?, ?)",
      to,
      kind,
      sealed,
      nowMs,
      expiresAtMs,
    );
  }

  /** Oldest first. Those that would come too late, or whose key is gone, are dropped. */
  due(nowMs: number): DueMail[] {
    this.#sql.exec("DELETE FROM mails WHERE expires_at <= ?", nowMs);
    const rows = this.#sql.exec<Row>("SELECT * FROM mails WHERE next_at <= ? ORDER BY id", nowMs).toArray();
    return rows.flatMap(({ id, recipient: to, kind, sealed_token, attempts }) => {
      const token = sealed_token === null ? null : open(this.#keys, sealed_token, contextOf(to));
      if (sealed_token !== null && token === null) {
        this.sent(id);
        return [];
      }
      return [{ id, attempts, mail: { kind: Kind.parse(kind), to, token } }];
    });
  }

  sent(id: number): void {
    this.#sql.exec("DELETE FROM mails WHERE id = ?", id);
  }

  failed({ id, attempts }: DueMail, nowMs: number): void {
    const nextAtMs = nowMs + backoffMs(RETRY, attempts + 1, Math.random());
    this.#sql.exec("UPDATE mails SET attempts = attempts + 1, next_at = ? WHERE id = ?", nextAtMs, id);
  }

  nextAtMs(): number | null {
    return this.#sql.exec<{ at: number | null }>("SELECT MIN(next_at) AS at FROM mails").one().at;
  }

  dropAll(): void {
    this.#sql.exec("DELETE FROM mails");
  }
}

const contextOf = (to: string): string => `mail to ${to}`;
