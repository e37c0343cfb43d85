/** Reads the counters of `aima/counted.ts`. */
import type { Connection } from "./connection.ts";
import type { Counts } from "./counts.ts";
import { expectStatus } from "./job-client.ts";

export async function readCounts(connection: Connection): Promise<Counts> {
  return JSON.parse(expectStatus(await connection.send("GET", "/bench/counts", ""), 200, "counts")) as Counts;
}

const SETTLE_MS = 30_000;

/** Delivers the queues' messages until no object has anything more to do. Alarms that lie ahead are not waited for. */
export async function settle(connection: Connection): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  let before = "";
  for (;;) {
    if (performance.now() > deadline) throw new Error(`The objects are not at rest after ${SETTLE_MS} ms`);
    const { delivered } = JSON.parse(
      expectStatus(await connection.send("POST", "/bench/deliver", ""), 200, "deliver"),
    ) as { delivered: number };
    const now = JSON.stringify(await readCounts(connection));
    if (delivered === 0 && now === before) return;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What was counted between two readings. */
export function difference(after: Counts, before: Counts): Counts {
  return {
    workerRequests: subtract(after.workerRequests, before.workerRequests),
    objectCalls: subtract(after.objectCalls, before.objectCalls),
    alarmRuns: subtract(after.alarmRuns, before.alarmRuns),
    alarmsSet: subtract(after.alarmsSet, before.alarmsSet),
    messages: subtract(after.messages, before.messages),
    statements: subtractStatements(after.statements, before.statements),
    bucketWrites: after.bucketWrites - before.bucketWrites,
    bucketReads: after.bucketReads - before.bucketReads,
    databaseCalls: after.databaseCalls - before.databaseCalls,
  };
}

type Numbers = Readonly<Record<string, number>>;

const subtract = (after: Numbers, before: Numbers): Record<string, number> =>
  Object.fromEntries(
    Object.entries(after)
      .map(([name, value]): [string, number] => [name, value - (before[name] ?? 0)])
      .filter(([, value]) => value !== 0),
  );

function subtractStatements(after: Counts["statements"], before: Counts["statements"]): Counts["statements"] {
  const changed: Counts["statements"] = {};
  for (const [name, { runs, rowsRead, rowsWritten }] of Object.entries(after)) {
    const earlier = before[name] ?? { runs: 0, rowsRead: 0, rowsWritten: 0 };
    if (runs === earlier.runs) continue;
    changed[name] = {
      runs: runs - earlier.runs,
      rowsRead: rowsRead - earlier.rowsRead,
      rowsWritten: rowsWritten - earlier.rowsWritten,
    };
  }
  return changed;
}

export const total = (counter: Numbers): number => Object.values(counter).reduce((sum, value) => sum + value, 0);

export const rowsRead = ({ statements }: Counts): number =>
  Object.values(statements).reduce((sum, each) => sum + each.rowsRead, 0);

/** With one for each alarm set. */
export const rowsWritten = ({ statements, alarmsSet }: Counts): number =>
  Object.values(statements).reduce((sum, each) => sum + each.rowsWritten, 0) + total(alarmsSet);
