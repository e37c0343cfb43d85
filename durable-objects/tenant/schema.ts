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
];
