/** What a local deployment that has ended keeps in its files, to look for what must not be there. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { vector } from "@electric-sql/pglite-pgvector";

/**
 * Every row with this text of every object, and of the bucket's catalogue, as `<folder>.<table> {row}`: the folder is named
 * after the class. Bytes are read as Latin-1.
 */
export async function objectRowsWith(dataDir: string, text: string): Promise<string[]> {
  const folder = join(dataDir, "workers");
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true })) {
    if (!entry.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(join(folder, entry), { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    for (const { name } of tables) {
      if (String(name).startsWith("_cf")) continue;
      for (const row of database.prepare(`SELECT * FROM "${String(name)}"`).all()) {
        const told = JSON.stringify(row, readable);
        if (told.includes(text)) found.push(`${entry.split("/").at(-2) ?? ""}.${String(name)} ${told}`);
      }
    }
    database.close();
  }
  return found;
}

const readable = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;

/** Every row with this text of the embedded Postgres, as `<table> (row)`, past its row-level security. */
export async function postgresRowsWith(dataDir: string, text: string): Promise<string[]> {
  const database = await PGlite.create(join(dataDir, "postgres/pgdata"), { extensions: { pg_trgm, vector } });
  const tables = await database.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  const found: string[] = [];
  for (const { name } of tables.rows) {
    const rows = await database.query<{ text: string }>(`select "${name}"::text as text from "${name}"`);
    found.push(...rows.rows.filter((row) => row.text.includes(text)).map((row) => `${name} ${row.text}`));
  }
  await database.close();
  return found;
}
