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
];
