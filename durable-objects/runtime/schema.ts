/**
 * Numbered SQL steps of an object's own database, applied on wake. Steps are append-only: a step that has run
 * anywhere is never edited. The platform refuses `PRAGMA user_version`, so the number lives in a table.
 */
export type SchemaStep = readonly string[];

/** Runs the steps that the object has not seen yet, all of them or none. */
export function applySchema(storage: DurableObjectStorage, steps: readonly SchemaStep[]): void {
  storage.transactionSync(() => applyCounted(storage.sql, steps, "schema_version"));
}

/** The tables of an actor beside those of the shell. */
export type ActorSchema = {
  readonly steps: readonly SchemaStep[];
  /** What a new object begins with, instead of all steps: what they come to, less what is made when it is first used. */
  readonly baseline: SchemaStep;
};

/**
 * Brings the tables of an object up to date; one that has none gets them. How far it has come is said by the row of its
 * snapshot: `own_schema` counts the steps of its class, `runtime_schema` those of the shell.
 */
export function applyActorSchema(storage: DurableObjectStorage, schema: ActorSchema): void {
  const { sql } = storage;
  const own = [FIRST_RUNTIME_STEP, ...schema.steps];
  storage.transactionSync(() => {
    const tables = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE name IN ('snapshot', 'schema_version')",
    );
    const names = tables.toArray().map(({ name }) => name);
    if (names.length === 0) createActorSchema(sql, schema);
    if (names.includes("schema_version")) moveCounters(sql, own);
    const { own_schema: ownDone, runtime_schema: runtimeDone } = sql
      .exec<{ own_schema: number; runtime_schema: number }>("SELECT own_schema, runtime_schema FROM snapshot")
      .one();
    take(sql, LATER_RUNTIME_STEPS, runtimeDone, (version) => {
      sql.exec("UPDATE snapshot SET runtime_schema = ?", version);
    });
    take(sql, own, ownDone, (version) => {
      sql.exec("UPDATE snapshot SET own_schema = ?", version);
    });
  });
}

/** Whether the object has its tables: one that nothing was ever kept of has none. */
export const hasActorSchema = (sql: SqlStorage): boolean =>
  sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'snapshot'").toArray().length > 0;

/**
 * The tables of a new object in one step for all, as each table is a page to write and there is an object per job; within the
 * transaction of what it first keeps.
 */
export function createActorSchema(sql: SqlStorage, { steps, baseline }: ActorSchema): void {
  for (const statement of [...RUNTIME_BASELINE, ...baseline]) sql.exec(statement);
  sql.exec(
    "INSERT INTO snapshot (id, seq, version, state, timers, own_schema, runtime_schema) VALUES (1, 0, 0, '', '{}', ?, ?)",
    steps.length + 1,
    LATER_RUNTIME_STEPS.length,
  );
}

/**
 * Objects of earlier releases have taken the steps one by one and count them in tables: the shell's first and their own
 * share a counter, and later ones of the shell have another.
 */
function moveCounters(sql: SqlStorage, own: readonly SchemaStep[]): void {
  const counters = sql.exec<{ id: number; version: number }>("SELECT id, version FROM schema_version").toArray();
  const separate = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'runtime_schema_version'").toArray().length > 0;
  const runtime = separate
    ? sql.exec<{ version: number }>("SELECT version FROM runtime_schema_version").one().version
    : (counters.find(({ id }) => id === 2)?.version ?? 0);
  // Up to the step that gives the snapshot its counters.
  take(sql, LATER_RUNTIME_STEPS.slice(0, COUNTERS_IN_SNAPSHOT), runtime, () => undefined);
  sql.exec(
    "UPDATE snapshot SET own_schema = ?, runtime_schema = ?",
    counters.find(({ id }) => id === 1)?.version ?? own.length,
    COUNTERS_IN_SNAPSHOT,
  );
  sql.exec("DROP TABLE schema_version");
  if (separate) sql.exec("DROP TABLE runtime_schema_version");
}

function applyCounted(
  sql: SqlStorage,
  steps: readonly SchemaStep[],
  counter: "schema_version" | "runtime_schema_version",
): void {
  sql.exec(`CREATE TABLE IF NOT EXISTS ${counter} (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)`);
  const row = sql.exec<{ version: number }>(`SELECT version FROM ${counter} WHERE id = 1`).toArray()[0];
  take(sql, steps, row?.version ?? 0, (version) => {
    sql.exec(`INSERT OR REPLACE INTO ${counter} (id, version) VALUES (1, ?)`, version);
  });
}

function take(sql: SqlStorage, steps: readonly SchemaStep[], done: number, count: (version: number) => void): void {
  if (done >= steps.length) return;
  for (const step of steps.slice(done)) for (const statement of step) sql.exec(statement);
  count(steps.length);
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
  // Timers and counters are columns of the one row that is written anyway, so that an object has fewer pages.
  [
    "ALTER TABLE snapshot ADD COLUMN timers TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE snapshot ADD COLUMN own_schema INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE snapshot ADD COLUMN runtime_schema INTEGER NOT NULL DEFAULT 0",
    "INSERT OR IGNORE INTO snapshot (id, seq, version, state) VALUES (1, 0, 0, '')",
    "UPDATE snapshot SET timers = (SELECT json_group_object(name, json_array(due_at, attempts)) FROM timers)",
    "DROP TABLE timers",
  ],
];

/** How many of those steps it takes until the snapshot has counters. */
const COUNTERS_IN_SNAPSHOT = 2;

const RUNTIME_BASELINE: SchemaStep = [
  "CREATE TABLE journal (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL)",
  "CREATE TABLE snapshot (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, aside TEXT, timers TEXT NOT NULL, own_schema INTEGER NOT NULL, runtime_schema INTEGER NOT NULL)",
  // One row a message: the table is its own index, and holds little at any time.
  "CREATE TABLE outbox (id INTEGER NOT NULL, target TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, confirmed_by_receiver INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, PRIMARY KEY (target, key)) WITHOUT ROWID",
];
