/** The request of Neon's HTTP protocol: one query, or a batch that is one transaction. */
import { z } from "zod";

const Statement = z.object({
  query: z.string(),
  params: z.array(z.json()).default([]),
  arrayMode: z.boolean().optional(),
});
export type Statement = z.infer<typeof Statement>;

/** The driver adds members of its own to a query, so unknown ones are passed over. */
export const SqlRequest = z.union([z.object({ queries: z.array(Statement) }), Statement]);
export type SqlRequest = z.infer<typeof SqlRequest>;

/** The statement that opens a batch, from the headers that describe it; null for an isolation level nobody knows. */
export function beginStatement(header: (name: string) => string | undefined): string | null {
  const isolation = header("neon-batch-isolation-level");
  const level = isolation === undefined ? "" : ISOLATION_LEVELS.get(isolation);
  if (level === undefined) return null;
  const readOnly = header("neon-batch-read-only") === "true" ? " READ ONLY" : "";
  const deferrable = header("neon-batch-deferrable") === "true" ? " DEFERRABLE" : "";
  return `BEGIN${level}${readOnly}${deferrable}`;
}

const ISOLATION_LEVELS: ReadonlyMap<string, string> = new Map([
  ["ReadUncommitted", " ISOLATION LEVEL READ UNCOMMITTED"],
  ["ReadCommitted", " ISOLATION LEVEL READ COMMITTED"],
  ["RepeatableRead", " ISOLATION LEVEL REPEATABLE READ"],
  ["Serializable", " ISOLATION LEVEL SERIALIZABLE"],
]);

/**
 * A JSON parameter as PostgreSQL reads it: text as it is, arrays as array literals, everything else as its JSON text.
 */
export function parameterText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  return Array.isArray(value) ? arrayLiteral(value) : JSON.stringify(value);
}

function arrayLiteral(items: readonly unknown[]): string {
  const elements = items.map((item) => {
    if (item === null) return "NULL";
    if (Array.isArray(item)) return arrayLiteral(item);
    if (typeof item === "number" || typeof item === "boolean") return String(item);
    return JSON.stringify(typeof item === "string" ? item : JSON.stringify(item));
  });
  return `{${elements.join(",")}}`;
}
