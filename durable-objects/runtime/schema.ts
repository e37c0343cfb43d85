/**
 * Numbered SQL steps of an object's own database, applied on wake. Steps are append-only: a step that has run
 * anywhere is never edited. The platform refuses `PRAGMA user_version`, so the number lives in a table.
 */
export type SchemaStep = readonly string[];

type Counter = "schema_version" | "runtime_schema_version";

/** Runs the steps that the object has not seen yet, all of them or none. */
export function applySchema(
  storage: DurableObjectStorage,
  steps: readonly SchemaStep[],
  counter: Counter = "schema_version",
): void {
  storage.transactionSync(() => {
    const { sql } = storage;
    sql.exec(`CREATE TABLE IF NOT EXISTS ${counter} (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)`);
    const row = sql.exec<{ version: number }>(`SELECT version FROM ${counter} WHERE id = 1`).toArray()[0];
    const done = row?.version ?? 0;
    if (done >= steps.length) return;
    for (const step of steps.slice(done)) for (const statement of step) sql.exec(statement);
    sql.exec(`INSERT OR REPLACE INTO ${counter} (id, version) VALUES (1, ?)`, steps.length);
  });
}

/**
 * The tables of the shell, then those of the object. The shell's first step and the object's steps share a counter;
 * later steps of the shell have their own, so that a new one never shifts the numbers of an object's.
 */
export function applyActorSchema(storage: DurableObjectStorage, own: readonly SchemaStep[]): void {
  applySchema(storage, [FIRST_RUNTIME_STEP, ...own]);
  applySchema(storage, LATER_RUNTIME_STEPS, "runtime_schema_version");
}

const FIRST_RUNTIME_STEP: SchemaStep = [
  "CREATE TABLE journal (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL)",
  "CREATE TABLE snapshot (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, state TEXT NOT NULL)",
  "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, confirmed_by_receiver INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL)",
  "CREATE UNIQUE INDEX outbox_key ON outbox (target, key)",
  "CREATE TABLE timers (name TEXT PRIMARY KEY, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL) WITHOUT ROWID",
  "CREATE TABLE idempotency (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, reply TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID",
];

const LATER_RUNTIME_STEPS: readonly SchemaStep[] = [
  // Snapshots of release 0.1.0 have the state's shape 1.
  ["ALTER TABLE snapshot ADD COLUMN version INTEGER NOT NULL DEFAULT 1", "ALTER TABLE snapshot ADD COLUMN aside TEXT"],
];
