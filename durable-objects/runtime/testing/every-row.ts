/** Everything that the objects of a test file have stored, to look for what must not be there. */
import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

const NAMESPACES = [
  "TENANT",
  "USER_ACCOUNT",
  "MEDIA_ASSET",
  "GPU_JOB",
  "AGENT_POOL",
  "RATE_LIMITER",
  "AUDIT_LOG",
] as const;

/** One text per row, as `NAMESPACE.table {row}`, of every table of every object; bytes are read as Latin-1. */
export async function everyRow(): Promise<string[]> {
  const rows: string[] = [];
  for (const name of NAMESPACES) {
    const namespace: DurableObjectNamespace = env[name];
    for (const id of await listDurableObjectIds(namespace)) {
      await runInDurableObject(namespace.get(id), (_instance, { storage: { sql } }) => {
        const tables = sql.exec<{ name: string }>(
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'",
        );
        for (const { name: table } of tables.toArray()) {
          for (const row of sql.exec(`SELECT * FROM "${table}"`))
            rows.push(`${name}.${table} ${JSON.stringify(row, readable)}`);
        }
      });
    }
  }
  return rows;
}

const readable = (_key: string, value: unknown): unknown =>
  value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value;
