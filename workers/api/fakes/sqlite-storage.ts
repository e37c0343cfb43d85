/** The database of a Durable Object in memory: what the stores of objects use of it. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

export function sqliteStorage(): DurableObjectStorage {
  const db = new DatabaseSync(":memory:");
  const exec = (query: string, ...bindings: unknown[]) => {
    // SAFETY: the platform takes the same kinds of values.
    const rows = db.prepare(query).all(...(bindings as SQLInputValue[]));
    const one = () => {
      const [row] = rows;
      if (row === undefined || rows.length > 1) throw new Error(`${rows.length} rows, not one`);
      return row;
    };
    return { toArray: () => rows, one };
  };
  const transactionSync = <T>(run: () => T): T => {
    db.exec("SAVEPOINT transaction_sync");
    try {
      const result = run();
      db.exec("RELEASE transaction_sync");
      return result;
    } catch (error) {
      db.exec("ROLLBACK TO transaction_sync; RELEASE transaction_sync");
      throw error;
    }
  };
  // SAFETY: the stores of a tenant use no more of it.
  return { sql: { exec }, transactionSync } as unknown as DurableObjectStorage;
}
