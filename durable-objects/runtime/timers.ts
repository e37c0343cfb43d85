/** Named due times that share the object's one alarm. Setting a name again moves it. */
export class Timers {
  readonly #sql: SqlStorage;
  #touched = false;
  /** The earliest of the table, kept until it changes: most commits only ask. Undefined when it has to be read. */
  #nextAt: number | null | undefined;

  /** `isNew`: there is no table yet, and nothing to read. */
  constructor(sql: SqlStorage, isNew: boolean) {
    this.#sql = sql;
    this.forget(isNew);
  }

  /** What is known of the table may be wrong: a transaction was rolled back, that which made the table too if `isNew`. */
  forget(isNew: boolean): void {
    this.#nextAt = isNew ? null : undefined;
  }

  /** Whether a timer was set since the last call. */
  takeTouched(): boolean {
    const touched = this.#touched;
    this.#touched = false;
    return touched;
  }

  set(name: string, dueAtMs: number): void {
    this.#touched = true;
    this.#nextAt = undefined;
    this.#sql.exec("INSERT OR REPLACE INTO timers (name, due_at, attempts) VALUES (?, ?, 0)", name, dueAtMs);
  }

  clear(name: string): void {
    if (this.nextAt() === null) return;
    this.#nextAt = undefined;
    this.#sql.exec("DELETE FROM timers WHERE name = ?", name);
  }

  clearAll(): void {
    if (this.nextAt() === null) return;
    this.#nextAt = null;
    this.#sql.exec("DELETE FROM timers");
  }

  due(nowMs: number): { name: string; dueAt: number; attempts: number }[] {
    if (this.nextAt() === null) return [];
    return this.#sql
      .exec<{ name: string; due_at: number; attempts: number }>(
        "SELECT name, due_at, attempts FROM timers WHERE due_at <= ? ORDER BY due_at",
        nowMs,
      )
      .toArray()
      .map((row) => ({ name: row.name, dueAt: row.due_at, attempts: row.attempts }));
  }

  /** Removes a timer that has been handled, unless the handler has set it anew. */
  fired(name: string, dueAt: number): void {
    this.#nextAt = undefined;
    this.#sql.exec("DELETE FROM timers WHERE name = ? AND due_at = ?", name, dueAt);
  }

  /** The handler failed: it runs again at `dueAtMs`. */
  postpone(name: string, dueAtMs: number): void {
    this.#nextAt = undefined;
    this.#sql.exec("UPDATE timers SET due_at = ?, attempts = attempts + 1 WHERE name = ?", dueAtMs, name);
  }

  /** When that timer is due; null when it is not set. */
  at(name: string): number | null {
    if (this.nextAt() === null) return null;
    return (
      this.#sql.exec<{ due_at: number }>("SELECT due_at FROM timers WHERE name = ?", name).toArray()[0]?.due_at ?? null
    );
  }

  nextAt(): number | null {
    if (this.#nextAt === undefined) {
      this.#nextAt = this.#sql.exec<{ at: number | null }>("SELECT MIN(due_at) AS at FROM timers").one().at;
    }
    return this.#nextAt;
  }
}
