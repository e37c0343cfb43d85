/** Tables of a tenant. Steps are append-only. */
import type { SchemaStep } from "../runtime/schema.ts";

export const TENANT_SCHEMA: readonly SchemaStep[] = [
  [
    "CREATE TABLE profile (id INTEGER PRIMARY KEY CHECK (id = 1), tenant TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL)",
    "CREATE TABLE api_keys (id TEXT PRIMARY KEY, secret_sha256 TEXT NOT NULL, scopes TEXT NOT NULL, created_at INTEGER NOT NULL, disabled_at INTEGER) WITHOUT ROWID",
  ],
  [
    "CREATE TABLE settlements (job_id TEXT PRIMARY KEY, asset_id TEXT NOT NULL, day TEXT NOT NULL, compute_ms INTEGER NOT NULL, attempts TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE usage (day TEXT PRIMARY KEY, jobs INTEGER NOT NULL, compute_ms INTEGER NOT NULL) WITHOUT ROWID",
  ],
  [
    "CREATE TABLE dead_letters (id TEXT PRIMARY KEY, queue TEXT NOT NULL, entity TEXT, body TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL, arrivals INTEGER NOT NULL, last_error TEXT, first_failed_at INTEGER NOT NULL, last_failed_at INTEGER NOT NULL, message_ids TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX dead_letters_first ON dead_letters (first_failed_at, id)",
    "CREATE INDEX dead_letters_last ON dead_letters (last_failed_at, id)",
    "CREATE TABLE dead_letter_errors (id TEXT PRIMARY KEY, error TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE dead_letters_dropped (id INTEGER PRIMARY KEY CHECK (id = 1), dropped INTEGER NOT NULL)",
    "INSERT INTO dead_letters_dropped (id, dropped) VALUES (1, 0)",
  ],
  ["CREATE TABLE sweep (id INTEGER PRIMARY KEY CHECK (id = 1), position TEXT NOT NULL)"],
  [
    "ALTER TABLE profile ADD COLUMN status TEXT NOT NULL DEFAULT 'active'",
    "ALTER TABLE profile ADD COLUMN version INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE profile ADD COLUMN updated_at INTEGER",
    "ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT 'First key'",
    "ALTER TABLE api_keys ADD COLUMN ending TEXT",
    "ALTER TABLE api_keys ADD COLUMN rate_limit TEXT",
    "ALTER TABLE api_keys ADD COLUMN created_by TEXT",
    "ALTER TABLE api_keys ADD COLUMN updated_at INTEGER",
    "ALTER TABLE api_keys ADD COLUMN expires_at INTEGER",
    "ALTER TABLE api_keys ADD COLUMN previous_sha256 TEXT",
    "ALTER TABLE api_keys ADD COLUMN grace_until INTEGER",
    "ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER",
    "ALTER TABLE api_keys ADD COLUMN version INTEGER NOT NULL DEFAULT 1",
    "CREATE TABLE members (user_id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, username TEXT UNIQUE, role TEXT NOT NULL, status TEXT NOT NULL, reserved_until INTEGER) WITHOUT ROWID",
    "CREATE TABLE quota_limits (quota TEXT PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE quota_claims (id TEXT NOT NULL, quota TEXT NOT NULL, amount INTEGER NOT NULL, settled INTEGER NOT NULL, period TEXT NOT NULL, expires_at INTEGER, PRIMARY KEY (id, quota)) WITHOUT ROWID",
    "CREATE INDEX quota_claims_expiry ON quota_claims (expires_at) WHERE expires_at IS NOT NULL",
    "CREATE TABLE quota_totals (quota TEXT NOT NULL, period TEXT NOT NULL, used INTEGER NOT NULL, reserved INTEGER NOT NULL, PRIMARY KEY (quota, period)) WITHOUT ROWID",
    "CREATE TABLE tenant_list (tenant TEXT PRIMARY KEY, created_at INTEGER NOT NULL) WITHOUT ROWID",
  ],
  [
    "CREATE TABLE deletion (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)",
    "CREATE TABLE deletion_assets (id TEXT PRIMARY KEY, stage TEXT NOT NULL DEFAULT 'found', fault TEXT) WITHOUT ROWID",
    "CREATE INDEX deletion_assets_stage ON deletion_assets (stage, id)",
    // Whose accounts are still there, without a name in the directory.
    "CREATE TABLE former_members (user_id TEXT PRIMARY KEY) WITHOUT ROWID",
  ],
  [
    "ALTER TABLE api_keys ADD COLUMN owner TEXT",
    // Up the line of makers to the first user, if there is one.
    `UPDATE api_keys SET owner = (
       WITH RECURSIVE line (maker) AS (
         SELECT api_keys.created_by
         UNION SELECT above.created_by FROM api_keys AS above JOIN line ON above.id = line.maker
       ) SELECT maker FROM line WHERE maker LIKE 'usr\\_%' ESCAPE '\\' LIMIT 1)`,
  ],
  [
    // The platform's list has heard of the tenant.
    "CREATE TABLE announced (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL)",
    // What an asset has said of itself: `base` is what a reservation falls back to, null where nothing was said.
    "ALTER TABLE quota_claims ADD COLUMN base INTEGER",
    "CREATE TABLE quota_told (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, held INTEGER NOT NULL) WITHOUT ROWID",
  ],
];
