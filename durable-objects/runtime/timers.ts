/**
 * Named due times that share the object's one alarm. Setting a name again moves it. They are few, and change with
 * events, so they are kept in the row of the snapshot: a commit that writes that row writes them at no cost.
 */
type Timer = { readonly dueAt: number; readonly attempts: number };
/** As it is stored. PERSISTED CONTRACT. */
type Stored = Record<string, readonly [dueAt: number, attempts: number]>;

export class Timers {
  readonly #sql: SqlStorage;
  #touched = false;
  #changed = false;
  /** As in the row, or as it will be; null when it has to be read. */
  #timers: Map<string, Timer> | null = null;

  /** `isNew`: there is no table yet, and nothing to read. */
  constructor(sql: SqlStorage, isNew: boolean) {
    this.#sql = sql;
    this.forget(isNew);
  }

  /** What is known of the row may be wrong: a transaction was rolled back, that which made it too if `isNew`. */
  forget(isNew: boolean): void {
    this.#timers = isNew ? new Map() : null;
    this.#changed = false;
  }

  /** Whether a timer was set since the last call. */
  takeTouched(): boolean {
    const touched = this.#touched;
    this.#touched = false;
    return touched;
  }

  /** What the row has to say from now on; it is written by whoever asks. */
  takeText(): string {
    this.#changed = false;
    const stored: Stored = {};
    for (const [name, { dueAt, attempts }] of this.#known()) stored[name] = [dueAt, attempts];
    return JSON.stringify(stored);
  }

  /** Writes what has changed since the row was written. */
  save(): void {
    if (!this.#changed) return;
    try {
      this.#sql.exec("UPDATE snapshot SET timers = ? WHERE id = 1", this.takeText());
    } catch (error) {
      this.forget(false);
      throw error;
    }
  }

  set(name: string, dueAtMs: number): void {
    this.#touched = true;
    this.#put(name, { dueAt: dueAtMs, attempts: 0 });
  }

  clear(name: string): void {
    if (this.#known().delete(name)) this.#changed = true;
  }

  clearAll(): void {
    if (this.#known().size === 0) return;
    this.#timers = new Map();
    this.#changed = true;
  }

  /** Earliest first. */
  due(nowMs: number): { name: string; dueAt: number; attempts: number }[] {
    return [...this.#known()]
      .filter(([, { dueAt }]) => dueAt <= nowMs)
      .map(([name, timer]) => ({ name, ...timer }))
      .toSorted((a, b) => a.dueAt - b.dueAt);
  }

  /** Removes a timer that has been handled, unless the handler has set it anew. */
  fired(name: string, dueAt: number): void {
    if (this.at(name) !== dueAt) return;
    this.clear(name);
    this.save();
  }

  /** The handler failed: it runs again at `dueAtMs`. */
  postpone(name: string, dueAtMs: number): void {
    const timer = this.#known().get(name);
    if (timer === undefined) return;
    this.#put(name, { dueAt: dueAtMs, attempts: timer.attempts + 1 });
    this.save();
  }

  /** When that timer is due; null when it is not set. */
  at(name: string): number | null {
    return this.#known().get(name)?.dueAt ?? null;
  }

  nextAt(): number | null {
    let earliest: number | null = null;
    for (const { dueAt } of this.#known().values()) if (earliest === null || dueAt < earliest) earliest = dueAt;
    return earliest;
  }

  #put(name: string, timer: Timer): void {
    this.#known().set(name, timer);
    this.#changed = true;
  }

  #known(): Map<string, Timer> {
    this.#timers ??= this.#read();
    return this.#timers;
  }

  #read(): Map<string, Timer> {
    const text = this.#sql.exec<{ timers: string }>("SELECT timers FROM snapshot WHERE id = 1").toArray()[0]?.timers;
    // SAFETY: written by takeText.
    const stored = JSON.parse(text ?? "{}") as Stored;
    return new Map(Object.entries(stored).map(([name, [dueAt, attempts]]) => [name, { dueAt, attempts }]));
  }
}
