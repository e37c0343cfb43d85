/** What the platform hands an object: its storage and its alarm, as far as the project uses them. */
import type { DurableSql } from "./durable-sql.ts";
import type { Scope } from "./scope.ts";

export type StateParts = {
  readonly name: string;
  readonly scope: Scope;
  readonly sql: DurableSql;
  readonly setAlarm: (atMs: number | null) => void;
  readonly waitUntil: (work: Promise<unknown>) => void;
};

/** A handle of an instance that has died can do nothing any more. */
export function objectState(parts: StateParts): DurableObjectState {
  const { scope, sql } = parts;
  const alive = (): void => {
    if (!scope.alive) throw new Error(`${scope.name} is dead and touches its storage`);
  };
  const exec = (query: string, ...bindings: unknown[]): unknown => {
    alive();
    return new Cursor(sql.exec(query, bindings));
  };
  const storage = {
    sql: { exec },
    transactionSync: <T>(run: () => T): T => {
      alive();
      return sql.transaction(run);
    },
    setAlarm: async (at: number | Date): Promise<void> => {
      alive();
      parts.setAlarm(Number(at));
    },
    getAlarm: async (): Promise<number | null> => sql.alarmAtMs,
    deleteAlarm: async (): Promise<void> => {
      alive();
      parts.setAlarm(null);
    },
  };
  const state = {
    id: { name: parts.name, toString: () => parts.name },
    storage,
    waitUntil: parts.waitUntil,
    blockConcurrencyWhile: <T>(run: () => Promise<T>): Promise<T> => run(),
  };
  // SAFETY: everything the project calls is here; what it does not is missing and would throw loudly.
  return state as unknown as DurableObjectState;
}

/** The platform's cursor, all rows at hand. */
class Cursor {
  readonly #rows: readonly Record<string, unknown>[];
  #at = 0;
  readonly rowsRead: number;
  readonly rowsWritten: number;

  constructor({ rows, rowsWritten }: { rows: readonly Record<string, unknown>[]; rowsWritten: number }) {
    this.#rows = rows;
    this.rowsRead = rows.length;
    this.rowsWritten = rowsWritten;
  }

  get columnNames(): string[] {
    return Object.keys(this.#rows[0] ?? {});
  }

  toArray(): Record<string, unknown>[] {
    const rest = this.#rows.slice(this.#at);
    this.#at = this.#rows.length;
    return rest;
  }

  one(): Record<string, unknown> {
    const [row] = this.#rows;
    if (row === undefined || this.#rows.length !== 1) throw new Error(`One row expected, ${this.#rows.length} came`);
    return row;
  }

  next(): IteratorResult<Record<string, unknown>> {
    const value = this.#rows[this.#at];
    if (value === undefined) return { done: true, value: undefined };
    this.#at += 1;
    return { done: false, value };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
