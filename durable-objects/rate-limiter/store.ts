/**
 * What a rate limiter keeps: a row per rule and subject that differs from a fresh one, and the overrides.
 *
 * S1 The database is bounded: a row goes when it says no more than none would. It is made by the first row and removed
 *    with the last, so that an address that came once leaves nothing.
 * S2 Memory holds copies of rows only; it is written through, and may be dropped at any time.
 */
import type { RuleState } from "../../shared/core/rate-limit/take-all.ts";
import type { Overrides } from "../../shared/core/rate-limit/override.ts";
import { applySchema, type SchemaStep } from "../runtime/schema.ts";
import { OverrideStore } from "./override-store.ts";

/** Steps are append-only. */
const LIMITER_SCHEMA: readonly SchemaStep[] = [
  [
    "CREATE TABLE states (subject TEXT NOT NULL, rule TEXT NOT NULL, state TEXT NOT NULL, forgotten_at INTEGER NOT NULL, PRIMARY KEY (subject, rule)) WITHOUT ROWID",
    "CREATE TABLE overrides (rule TEXT NOT NULL, subject TEXT NOT NULL, unit_limit INTEGER NOT NULL, burst INTEGER, PRIMARY KEY (rule, subject)) WITHOUT ROWID",
  ],
  // Nothing could fill the table before it had whole policies.
  [
    "DROP TABLE overrides",
    "CREATE TABLE overrides (rule TEXT NOT NULL, subject TEXT NOT NULL, policy TEXT NOT NULL, expires_at INTEGER, version INTEGER NOT NULL, PRIMARY KEY (rule, subject)) WITHOUT ROWID",
  ],
];

/** States kept in memory beside the database. */
const CACHED_STATES = 10_000;

const NO_OVERRIDES: Overrides = new Map();

export class LimiterStore {
  readonly #storage: DurableObjectStorage;
  readonly #cache = new Map<string, RuleState | null>();
  #exists: boolean;
  readonly #overrides: OverrideStore;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#overrides = new OverrideStore(storage.sql);
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

  /** How many counts there were on the subject; null for all subjects. */
  forget(subject: string | null): number {
    if (!this.#exists) return 0;
    this.#cache.clear();
    const { sql } = this.#storage;
    const gone =
      subject === null
        ? sql.exec("DELETE FROM states RETURNING rule")
        : sql.exec("DELETE FROM states WHERE subject = ? RETURNING rule", subject);
    return gone.toArray().length;
  }

  /** Removes what is over. When the next row is; null when none will be. `empty`: nothing at all is left to keep. */
  sweep(nowMs: number): { nextAtMs: number | null; empty: boolean } {
    if (!this.#exists) return { nextAtMs: null, empty: true };
    this.#cache.clear();
    const { sql } = this.#storage;
    sql.exec("DELETE FROM states WHERE forgotten_at <= ?", nowMs);
    const counts = sql.exec<{ at: number | null }>("SELECT MIN(forgotten_at) AS at FROM states").one().at;
    const ends = [counts, this.#overrides.sweep(nowMs)].filter((at) => at !== null);
    const empty = counts === null && this.#overrides.all().size === 0;
    return { nextAtMs: ends.length === 0 ? null : Math.min(...ends), empty };
  }

  /** Nothing is left: the object goes as if it had never been. */
  async removeAll(): Promise<void> {
    this.#exists = false;
    this.#cache.clear();
    this.#overrides.forget();
    await this.#storage.deleteAll();
  }

  /** By rule and subject; those that have ended among them. */
  overrides(): Overrides {
    return this.#exists ? this.#overrides.all() : NO_OVERRIDES;
  }

  /** To be changed in a transaction; makes the tables where there are none. */
  admitOverrides(): OverrideStore {
    this.#admit();
    return this.#overrides;
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
