/**
 * The open sessions of a user: at most five, the oldest ends for a sixth. One lasts 8 hours, or 7 days when it was asked
 * to, however often it is refreshed. When one was last ended before its time is kept, because leases given before may
 * still run then.
 */
import { randomBytes } from "node:crypto";
import type { Origin } from "../../shared/contracts/account.ts";
import type { SessionView } from "../../shared/contracts/user.ts";
import { newId } from "../../shared/core/ids.ts";
import type { Family } from "./core/rotation.ts";

const MAX_SESSIONS = 5;
const SESSION_MS = 8 * 3_600_000;
const REMEMBERED_MS = 7 * 86_400_000;
const SHOWN_CHARACTERS = 256;

export type Session = Family & {
  readonly sessionId: string;
  readonly method: string;
  readonly userAgent: string | null;
  readonly address: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly salt: string;
};

type Row = {
  id: string;
  method: string;
  user_agent: string | null;
  address: string;
  created_at: number;
  refreshed_at: number;
  expires_at: number;
  salt: string;
  generation: number;
};

export class SessionStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  open(how: { readonly method: string; readonly remember: boolean } & Origin, nowMs: number): Session {
    this.#sql.exec("DELETE FROM sessions WHERE expires_at <= ?", nowMs);
    const oldest = this.list(nowMs).slice(MAX_SESSIONS - 1);
    for (const { sessionId } of oldest) this.end(sessionId, nowMs);
    const session: Session = {
      sessionId: newId("ses", nowMs, randomBytes(16)),
      method: how.method,
      userAgent: how.userAgent?.slice(0, SHOWN_CHARACTERS) ?? null,
      address: how.address,
      createdAtMs: nowMs,
      refreshedAtMs: nowMs,
      expiresAtMs: nowMs + (how.remember ? REMEMBERED_MS : SESSION_MS),
      salt: randomBytes(16).toString("hex"),
      generation: 0,
    };
    this.#sql.exec(
      "INSERT INTO sessions (id, method, user_agent, address, created_at, refreshed_at, expires_at, salt, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      session.sessionId,
      session.method,
      session.userAgent,
      session.address,
      nowMs,
      nowMs,
      session.expiresAtMs,
      session.salt,
      session.generation,
    );
    return session;
  }

  keep(sessionId: string, { generation, refreshedAtMs }: Family): void {
    this.#sql.exec(
      "UPDATE sessions SET generation = ?, refreshed_at = ? WHERE id = ?",
      generation,
      refreshedAtMs,
      sessionId,
    );
  }

  get(sessionId: string, nowMs: number): Session | null {
    return this.list(nowMs).find((session) => session.sessionId === sessionId) ?? null;
  }

  /** Newest first. */
  list(nowMs: number): Session[] {
    return this.#sql
      .exec<Row>("SELECT * FROM sessions WHERE expires_at > ? ORDER BY created_at DESC, id DESC", nowMs)
      .toArray()
      .map((row) => ({
        sessionId: row.id,
        method: row.method,
        userAgent: row.user_agent,
        address: row.address,
        salt: row.salt,
        createdAtMs: row.created_at,
        refreshedAtMs: row.refreshed_at,
        expiresAtMs: row.expires_at,
        generation: row.generation,
      }));
  }

  /** Ending one that is not there changes nothing. */
  end(sessionId: string, nowMs: number): void {
    this.#ended(this.#sql.exec("DELETE FROM sessions WHERE id = ? RETURNING id", sessionId).toArray().length, nowMs);
  }

  /** All but one; how many ended. */
  endAll(exceptSessionId: string | null, nowMs: number): number {
    const statement = "DELETE FROM sessions WHERE id <> ? RETURNING id";
    return this.#ended(this.#sql.exec(statement, exceptSessionId ?? "").toArray().length, nowMs);
  }

  /** When one was last ended before its time, in milliseconds since 1970; null for never. */
  lastEndAtMs(): number | null {
    return this.#sql.exec<{ at: number }>("SELECT at FROM session_ends").toArray()[0]?.at ?? null;
  }

  #ended(count: number, nowMs: number): number {
    if (count > 0) this.#sql.exec("INSERT OR REPLACE INTO session_ends (id, at) VALUES (1, ?)", nowMs);
    return count;
  }
}

export function viewOfSession(session: Session): SessionView {
  return {
    id: session.sessionId,
    method: session.method,
    userAgent: session.userAgent,
    address: session.address,
    createdAt: new Date(session.createdAtMs).toISOString(),
    refreshedAt: new Date(session.refreshedAtMs).toISOString(),
    expiresAt: new Date(session.expiresAtMs).toISOString(),
  };
}
