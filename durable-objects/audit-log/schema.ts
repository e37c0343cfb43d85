import type { SchemaStep } from "../runtime/schema.ts";

export const AUDIT_SCHEMA: readonly SchemaStep[] = [
  [
    "CREATE TABLE journal (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL)",
    // `due_at` is when the intent ends by itself; one that has ended so keeps the number of its row in `unknown_seq`.
    "CREATE TABLE pending (id TEXT PRIMARY KEY, intent TEXT NOT NULL, begun_at INTEGER NOT NULL, due_at INTEGER NOT NULL, unknown_seq INTEGER) WITHOUT ROWID",
    "CREATE TABLE sightings (rule TEXT NOT NULL, subject TEXT NOT NULL, times TEXT NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (rule, subject)) WITHOUT ROWID",
    // Files of the bucket. One that is being written has no `written_at`; its bounds never change.
    "CREATE TABLE segments (from_seq INTEGER PRIMARY KEY, to_seq INTEGER NOT NULL, last_at INTEGER NOT NULL, written_at INTEGER)",
  ],
  // The tenant is deleted: the log goes when its newest row is over.
  ["CREATE TABLE retirement (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL)"],
  // Of what a search is mostly about, and what few rows have in common; each costs a row to write with every row.
  [
    "CREATE INDEX journal_resource ON journal (data ->> '$.resource.id')",
    "CREATE INDEX journal_actor ON journal (data ->> '$.actor.id')",
    "CREATE INDEX journal_address ON journal (data ->> '$.address')",
  ],
];
