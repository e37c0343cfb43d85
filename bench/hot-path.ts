/** What one report costs, by its kind: calls between objects, statements, rows. */
import { BENCH_AGENT } from "./aima/spec.ts";
import type { Connection } from "./connection.ts";
import { difference, readCounts, rowsRead, rowsWritten, settle } from "./counting.ts";
import type { Counts } from "./counts.ts";
import { blobPrefixOf } from "./aima/client.ts";
import { partialOf } from "./count-jobs.ts";
import { newJob } from "./driver.ts";
import { expectStatus, type JobClient } from "./job-client.ts";

const AT = "2026-01-01T00:00:00.000Z";

export type ReportCost = {
  readonly kind: string;
  readonly reports: number;
  /** Calls of the job's object: there has to be one a report. */
  readonly callsPerReport: number;
  /** Calls of other objects: what a step or the end of the job is told to, by the outbox. */
  readonly otherCallsPerReport: number;
  readonly rowsWrittenPerReport: number;
  readonly rowsReadPerReport: number;
  readonly counts: Counts;
};

type Kind = {
  readonly kind: string;
  /** Whether each of them is an event of the job: one that is not taken would look cheap. */
  readonly inJournal: boolean;
  readonly bodies: readonly object[];
};

const SHA256 = "a".repeat(64);
const TWENTY = Array.from({ length: 20 }, (_, index) => index);

const checkpoint = (prefix: string, index: number): object => ({
  type: "checkpoint",
  blob: { key: `${prefix}checkpoint-${index}`, sizeBytes: 1000 + index, sha256: SHA256 },
  fraction: index / 100,
  nextSegment: index + 1,
});

/** `prefix` is where the attempt's blobs have to lie. */
const kinds = (prefix: string): readonly Kind[] => [
  { kind: "hello", inJournal: true, bodies: [{ type: "hello", agentId: BENCH_AGENT, resumedFrom: null }] },
  { kind: "heartbeat", inJournal: false, bodies: TWENTY.map(() => ({ type: "heartbeat" })) },
  {
    kind: "progress",
    inJournal: false,
    bodies: TWENTY.map((index) => ({ type: "progress", fraction: index / 100, step: null, segment: null })),
  },
  {
    kind: "progress of a segment",
    inJournal: true,
    bodies: TWENTY.map((segment) => ({ type: "progress", fraction: segment / 100, step: null, segment })),
  },
  { kind: "checkpoint", inJournal: true, bodies: TWENTY.map((index) => checkpoint(prefix, index)) },
  { kind: "partial", inJournal: true, bodies: ["probe", "shots", "keyframes", "loudness", "silence"].map(partialOf) },
  { kind: "succeeded", inJournal: true, bodies: [{ type: "succeeded" }] },
];

/** Reports that say nothing to others, but for a word on the progress now and then. */
const ALONE: ReadonlySet<string> = new Set(["hello", "heartbeat", "progress", "progress of a segment", "checkpoint"]);

const THROTTLED = 0.1;

export const isChatty = ({ kind, callsPerReport, otherCallsPerReport }: ReportCost): boolean =>
  callsPerReport !== 1 || (ALONE.has(kind) && otherCallsPerReport > THROTTLED);

export async function costOfReports(connection: Connection, client: JobClient): Promise<ReportCost[]> {
  const job = newJob(0);
  await client.create(connection, job);
  await client.claim(connection, job);
  const costs: ReportCost[] = [];
  let seq = 0;
  for (const { kind, inJournal, bodies } of kinds(blobPrefixOf(job))) {
    await settle(connection);
    const before = await readCounts(connection);
    for (const body of bodies) {
      seq += 1;
      const reports = JSON.stringify({ reports: [{ seq, at: AT, ...body }] });
      expectStatus(await connection.send("POST", job.callbackPath, "", reports), 200, kind);
    }
    await settle(connection);
    const counts = difference(await readCounts(connection), before);
    const events = counts.statements["GpuJob: INSERT journal"]?.runs ?? 0;
    if (events !== (inJournal ? bodies.length : 0))
      throw new Error(`${bodies.length} reports of kind ${kind} made ${events} events`);
    costs.push(costOf(kind, bodies.length, counts));
  }
  return costs;
}

function costOf(kind: string, reports: number, counts: Counts): ReportCost {
  const taken = counts.objectCalls["GpuJob.takeReports"] ?? 0;
  const other = Object.entries(counts.objectCalls).reduce(
    (sum, [name, calls]) => (name === "GpuJob.takeReports" ? sum : sum + calls),
    0,
  );
  return {
    kind,
    reports,
    callsPerReport: taken / reports,
    otherCallsPerReport: other / reports,
    rowsWrittenPerReport: rowsWritten(counts) / reports,
    rowsReadPerReport: rowsRead(counts) / reports,
    counts,
  };
}
