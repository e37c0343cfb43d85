/**
 * Brings a database to the newest migration: `node local/postgres/migrate.ts`, with `DATABASE_URL`, and `NEON_LOCAL`
 * (`host:port`) for the local endpoint.
 *
 * Each migration is one transaction that also records it, so an interrupted run leaves no half of one, and of two
 * runs at the same time one finds the work done.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { NeonDbError } from "@neondatabase/serverless";
import { connect, reachable } from "../../shared/adapters/postgres/connection.ts";
import type { Sql } from "../../shared/adapters/postgres/connection.ts";

const FOLDER = join(import.meta.dirname, "../../migrations/postgres");

/** The journal that drizzle-kit keeps beside the migrations. */
const Journal = z.object({ entries: z.array(z.object({ tag: z.string().regex(/^[\w-]+$/) })) });

/** SQLSTATE of a second insert under one key. */
const UNIQUE_VIOLATION = "23505";

/** Applies what is missing, in order; returns the names of the migrations it applied. */
export async function migrate(databaseUrl: string, options: { neonLocal?: string } = {}): Promise<string[]> {
  const sql = connect(databaseUrl, options.neonLocal ?? null);
  const journal = Journal.parse(JSON.parse(await readFile(join(FOLDER, "meta/_journal.json"), "utf8")));
  await reachable(ensureLedger(sql));
  const done = await appliedTags(sql);
  const applied = [];
  for (const { tag } of journal.entries) {
    if (!done.has(tag) && (await applyOne(sql, tag))) applied.push(tag);
  }
  return applied;
}

async function ensureLedger(sql: Sql): Promise<void> {
  await sql`
    create table if not exists schema_migrations
      (tag text primary key, applied_at timestamptz not null default now())`;
}

async function appliedTags(sql: Sql): Promise<Set<string>> {
  const rows = await reachable(sql`select tag from schema_migrations`);
  return new Set(
    z
      .array(z.strictObject({ tag: z.string() }))
      .parse(rows)
      .map(({ tag }) => tag),
  );
}

async function applyOne(sql: Sql, tag: string): Promise<boolean> {
  const file = await readFile(join(FOLDER, `${tag}.sql`), "utf8");
  const statements = file.split("--> statement-breakpoint").filter((statement) => statement.trim() !== "");
  try {
    await reachable(
      sql.transaction([
        // First: a run at the same time waits here for this one, and then fails on the key.
        sql`insert into schema_migrations (tag) values (${tag})`,
        ...statements.map((statement) => sql.query(statement)),
      ]),
    );
    return true;
  } catch (error) {
    const isRace =
      error instanceof NeonDbError && error.code === UNIQUE_VIOLATION && error.table === "schema_migrations";
    if (isRace) return false;
    throw error;
  }
}

if (import.meta.main) {
  const databaseUrl = process.env["DATABASE_URL"];
  const neonLocal = process.env["NEON_LOCAL"];
  if (databaseUrl === undefined || databaseUrl === "") {
    process.stderr.write("migrate: set DATABASE_URL to the database's connection string\n");
    process.exit(2);
  }
  try {
    const applied = await migrate(databaseUrl, neonLocal === undefined || neonLocal === "" ? {} : { neonLocal });
    process.stdout.write(applied.length === 0 ? "nothing to migrate\n" : `applied ${applied.join(", ")}\n`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    process.stderr.write(`migrate: ${error instanceof Error ? error.message : String(error)}${cause}\n`);
    process.exit(1);
  }
}
