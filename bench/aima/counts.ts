/** What the platform bills, counted where it happens. One isolate runs everything, so one set of counters is enough. */
import type { Counts } from "../counts.ts";

const fresh = (): Counts => ({
  workerRequests: {},
  objectCalls: {},
  alarmRuns: {},
  alarmsSet: {},
  statements: {},
  messages: {},
  bucketWrites: 0,
  bucketReads: 0,
  databaseCalls: 0,
});

export const counts: Counts = fresh();

export function count(counter: Record<string, number>, name: string): void {
  counter[name] = (counter[name] ?? 0) + 1;
}

const owners = new WeakMap<object, string>();
let watching = false;

/** Counts the statements and alarms of an object of that class. Returns its argument. */
export function watched(ctx: DurableObjectState, className: string): DurableObjectState {
  const { storage } = ctx;
  owners.set(storage, className);
  owners.set(storage.sql, className);
  if (!watching) watchAll(storage);
  watching = true;
  return ctx;
}

/** All objects of an isolate share the methods of their storage: they are wrapped once. */
function watchAll(storage: DurableObjectStorage): void {
  wrap(storage.sql, "exec", (owner, args, cursor) => {
    // What the caller does with the cursor, it does within its own turn.
    queueMicrotask(() => countStatement(`${owner}: ${nameOf(String(args[0]))}`, cursor as SqlStorageCursor<never>));
  });
  wrap(storage, "setAlarm", (owner) => count(counts.alarmsSet, owner));
}

function wrap(sample: object, method: string, after: (owner: string, args: unknown[], result: unknown) => void): void {
  const prototype = Object.getPrototypeOf(sample) as Record<string, (...args: unknown[]) => unknown>;
  const original = prototype[method];
  if (original === undefined) throw new Error(`There is no ${method} to count`);
  prototype[method] = function (this: object, ...args: unknown[]): unknown {
    const result = Reflect.apply(original, this, args);
    after(owners.get(this) ?? "unknown", args, result);
    return result;
  };
}

function countStatement(name: string, cursor: Pick<SqlStorageCursor<never>, "rowsRead" | "rowsWritten">): void {
  const entry = (counts.statements[name] ??= { runs: 0, rowsRead: 0, rowsWritten: 0 });
  entry.runs += 1;
  entry.rowsRead += cursor.rowsRead;
  entry.rowsWritten += cursor.rowsWritten;
}

/** `INSERT INTO journal …` is `INSERT journal`; a script of the schema is `CREATE`. */
function nameOf(statement: string): string {
  const verb = /^\s*(\w+)/.exec(statement)?.[1]?.toUpperCase() ?? "";
  if (verb === "CREATE" || verb === "ALTER" || verb === "DROP") return "schema";
  const table = /\b(?:INTO|FROM|UPDATE(?: OR \w+)?)\s+(\w+)/i.exec(statement)?.[1] ?? "";
  return `${verb} ${table}`;
}
