/**
 * Numbered SQL steps of an object's own database, applied on wake. Steps are append-only: a step that has run
 * anywhere is never edited. The platform refuses `PRAGMA user_version`, so the number lives in a table.
 */
export type SchemaStep = readonly string[];

export function applySchema(storage: DurableObjectStorage, steps: readonly SchemaStep[]): void {
  storage.transactionSync(() => {
    const { sql } = storage;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS schema_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)",
    );
    const row = sql.exec<{ version: number }>("SELECT version FROM schema_version WHERE id = 1").toArray()[0];
    const done = row?.version ?? 0;
    if (done >= steps.length) return;
    for (const step of steps.slice(done)) for (const statement of step) sql.exec(statement);
    sql.exec("INSERT OR REPLACE INTO schema_version (id, version) VALUES (1, ?)", steps.length);
  });
}

/** The tables of the shared shell; an object's own steps come after. */
export const RUNTIME_SCHEMA: readonly SchemaStep[] = [
  [
    "CREATE TABLE journal (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL)",
    "CREATE TABLE snapshot (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, state TEXT NOT NULL)",
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, confirmed_by_receiver INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX outbox_key ON outbox (target, key)",
    "CREATE TABLE timers (name TEXT PRIMARY KEY, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE idempotency (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, reply TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID",
  ],
];
