/** Puts an object's database back into the state that another release has left it in, and lets the object wake on it. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";

/** Every table of one object: the statements that made it, and its rows. */
export type DatabaseDump = {
  readonly schema: readonly string[];
  readonly rows: Readonly<Record<string, readonly Readonly<Record<string, string | number | null>>[]>>;
};

export async function restoreDump(stub: DurableObjectStub, dump: DatabaseDump): Promise<void> {
  await runInDurableObject(stub, async (_instance, state) => {
    await state.storage.deleteAlarm();
    const { sql } = state.storage;
    const tables = sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '[_s][cq][fl]*'")
      .toArray();
    for (const { name } of tables) sql.exec(`DROP TABLE ${name}`);
    for (const statement of dump.schema) sql.exec(statement);
    for (const [table, rows] of Object.entries(dump.rows)) {
      for (const row of rows) {
        const columns = Object.keys(row);
        const places = columns.map(() => "?").join(", ");
        sql.exec(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places})`, ...Object.values(row));
      }
    }
  });
  await evictDurableObject(stub);
}
