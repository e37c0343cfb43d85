import type { SchemaStep } from "../runtime/schema.ts";

/** All that an account has which is not there: its failed logins. The first step of `ACCOUNT_SCHEMA`. */
export const LOCKOUT_SCHEMA: readonly SchemaStep[] = [
  ["CREATE TABLE lockout (id INTEGER PRIMARY KEY CHECK (id = 1), failures TEXT NOT NULL, locked_until INTEGER)"],
];

export const ACCOUNT_SCHEMA: readonly SchemaStep[] = [
  ...LOCKOUT_SCHEMA,
  [
    "CREATE TABLE account (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL)",
    // The only table with what lets somebody in: hashes, and sealed texts.
    "CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    // No token is stored: `salt` and `generation` give it together with a key that is not here.
    "CREATE TABLE sessions (id TEXT PRIMARY KEY, method TEXT NOT NULL, user_agent TEXT, address TEXT NOT NULL, created_at INTEGER NOT NULL, refreshed_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, salt TEXT NOT NULL, generation INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE identities (provider TEXT PRIMARY KEY, subject TEXT NOT NULL) WITHOUT ROWID",
    // One token per purpose: a newer one takes the place of an older one.
    "CREATE TABLE mailed_tokens (purpose TEXT PRIMARY KEY, hash TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE mails (id INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL, kind TEXT NOT NULL, sealed_token TEXT, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)",
  ],
  // When a mail of that kind was last written.
  ["CREATE TABLE mail_times (kind TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID"],
  // When a session was last ended before its time.
  ["CREATE TABLE session_ends (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL)"],
  // What the list of the tenant's users is still to be told, in the form of the shared outbox.
  [
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, confirmed_by_receiver INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX outbox_key ON outbox (target, key)",
  ],
];
