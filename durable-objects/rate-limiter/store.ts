/**
 * What a rate limiter keeps: a row per rule and subject that differs from a fresh one, and the overrides.
 *
 * S1 The database is bounded: a row goes when it says no more than none would. It is made by the first row and removed
 *    with the last, so that an address that came once leaves nothing.
 * S2 Memory holds copies of rows only; it is written through, and may be dropped at any time.
 */
import type { RuleState } from "../../shared/core/rate-limit/take-all.ts";
import type { Override } from "../../shared/core/rate-limit/override.ts";
import { applySchema, type SchemaStep } from "../runtime/schema.ts";

/** Steps are append-only. */
const LIMITER_SCHEMA: readonly SchemaStep[] = [
  [
    "CREATE TABLE states (subject TEXT NOT NULL, rule TEXT NOT NULL, state TEXT NOT NULL, forgotten_at INTEGER NOT NULL, PRIMARY KEY (subject, rule)) WITHOUT ROWID",
    "CREATE TABLE overrides (rule TEXT NOT NULL, subject TEXT NOT NULL, unit_limit INTEGER NOT NULL, burst INTEGER, PRIMARY KEY (rule, subject)) WITHOUT ROWID",
  ],
];

/** States kept in memory beside the database. */
const CACHED_STATES = 10_000;

export class LimiterStore {
  readonly #storage: DurableObjectStorage;
  readonly #cache = new Map<string, RuleState | null>();
  #exists: boolean;
  #overrides: readonly Override[] | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#exists = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'states'").toArray().length > 0;
    if (this.#exists) applySchema(storage, LIMITER_SCHEMA);
  }

  /** Whether anything is kept. */
  get exists(): boolean {
    return this.#exists;
  }

  state(subject: string, rule: string): RuleState | null {
    const key = keyOf(subject, rule);
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const row = this.#exists
      ? this.#storage.sql
          .exec<{ state: string }>("SELECT state FROM states WHERE subject = ? AND rule = ?", subject, rule)
          .toArray()[0]
      : undefined;
    // SAFETY: written by `keep`.
    const state = row === undefined ? null : (JSON.parse(row.state) as RuleState);
    this.#remember(key, state);
    return state;
  }

  keep(subject: string, rule: string, state: RuleState, forgottenAtMs: number): void {
    this.#admit();
    this.#storage.sql.exec(
      "INSERT OR REPLACE INTO states (subject, rule, state, forgotten_at) VALUES (?, ?, ?, ?)",
      subject,
      rule,
      JSON.stringify(state),
      Math.ceil(forgottenAtMs),
    );
    this.#remember(keyOf(subject, rule), state);
  }

  /** How many rules had something on the subject. */
  forget(subject: string): number {
    if (!this.#exists) return 0;
    this.#cache.clear();
    return this.#storage.sql.exec("DELETE FROM states WHERE subject = ? RETURNING rule", subject).toArray().length;
  }

  /** Removes what is over. When the next row is over; null when nothing at all is left to keep. */
  sweep(nowMs: number): { nextAtMs: number | null; empty: boolean } {
    if (!this.#exists) return { nextAtMs: null, empty: true };
    this.#cache.clear();
    const { sql } = this.#storage;
    sql.exec("DELETE FROM states WHERE forgotten_at <= ?", nowMs);
    const nextAtMs = sql.exec<{ at: number | null }>("SELECT MIN(forgotten_at) AS at FROM states").one().at;
    return { nextAtMs, empty: nextAtMs === null && this.overrides().length === 0 };
  }

  /** Nothing is left: the object goes as if it had never been. */
  async removeAll(): Promise<void> {
    this.#exists = false;
    this.#cache.clear();
    this.#overrides = null;
    await this.#storage.deleteAll();
  }

  overrides(): readonly Override[] {
    if (!this.#exists) return [];
    this.#overrides ??= this.#storage.sql
      .exec<{ rule: string; subject: string; unit_limit: number; burst: number | null }>(
        "SELECT rule, subject, unit_limit, burst FROM overrides ORDER BY rule, subject",
      )
      .toArray()
      .map(({ rule, subject, unit_limit: limit, burst }) => ({ rule, subject, limit, burst }));
    return this.#overrides;
  }

  putOverride({ rule, subject, limit, burst }: Override): void {
    this.#admit();
    this.#overrides = null;
    this.#storage.sql.exec(
      "INSERT OR REPLACE INTO overrides (rule, subject, unit_limit, burst) VALUES (?, ?, ?, ?)",
      rule,
      subject,
      limit,
      burst,
    );
  }

  deleteOverride(rule: string, subject: string): boolean {
    if (!this.#exists) return false;
    this.#overrides = null;
    const gone = this.#storage.sql.exec(
      "DELETE FROM overrides WHERE rule = ? AND subject = ? RETURNING rule",
      rule,
      subject,
    );
    return gone.toArray().length > 0;
  }

  #remember(key: string, state: RuleState | null): void {
    if (this.#cache.size >= CACHED_STATES) this.#cache.clear();
    this.#cache.set(key, state);
  }

  #admit(): void {
    if (this.#exists) return;
    applySchema(this.#storage, LIMITER_SCHEMA);
    this.#exists = true;
  }
}

const keyOf = (subject: string, rule: string): string => `${rule} ${subject}`;
