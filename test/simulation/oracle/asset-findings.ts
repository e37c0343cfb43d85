/** Every finding of an asset has its cause in a job of its own, and none that a job was told is lost. */
import { createHash } from "node:crypto";
import type { DurableSql } from "../platform/durable-sql.ts";
import { isEnd } from "./job-course.ts";
import type { Entry } from "./journal.ts";

export type JobJournal = { readonly jobId: string; readonly entries: readonly Entry[] };

export function judgeFindings(entries: readonly Entry[], jobs: readonly JobJournal[], sql: DurableSql): string[] {
  return [...judgeCauses(entries, jobs), ...judgeArrivals(entries, jobs), ...judgeRows(entries, jobs, sql)];
}

/** A result that nobody reported before is an effect without a cause. */
function judgeCauses(entries: readonly Entry[], jobs: readonly JobJournal[]): string[] {
  const faults: string[] = [];
  for (const { seq, type, atMs, data } of entries) {
    if (type === "StepFinished" && data["status"] === "succeeded" && data["cached"] !== true) {
      const step = data["step"];
      const cause = reportsOf(jobs).some(
        (report) => report.step === step && report.status === "succeeded" && report.atMs <= atMs,
      );
      if (!cause) faults.push(`event ${seq}: step ${String(step)} succeeded and no job had said so`);
    }
    if (type === "JobEnded") {
      const job = jobs.find(({ jobId }) => jobId === data["jobId"]);
      // What the step cache ends needs no job; one that an unanswered submission began is canceled, or comes late.
      const cached = entries.some(
        (each) => each.type === "StepFinished" && each.data["cached"] === true && each.atMs === atMs,
      );
      const ended = cached || (job?.entries.some((entry) => isEnd(entry) && entry.atMs <= atMs) ?? false);
      if (job !== undefined && job.entries.length > 0 && !ended)
        faults.push(`event ${seq}: ${job.jobId} had not ended`);
    }
  }
  return faults;
}

/** What a job was told of a step arrives, unless the asset had no ear for it any more. */
function judgeArrivals(entries: readonly Entry[], jobs: readonly JobJournal[]): string[] {
  const faults: string[] = [];
  if (entries.some(({ type }) => type === "AssetDeleted")) return faults;
  const deaf = entries.find(({ type }) => type === "AnalysisFinished")?.atMs ?? Number.POSITIVE_INFINITY;
  for (const { step, status, atMs } of reportsOf(jobs)) {
    if (atMs >= deaf) continue;
    const arrived = entries.some(({ type, data }) => type === "StepFinished" && data["step"] === step);
    if (!arrived) faults.push(`step ${step} was reported ${status} and never arrived`);
  }
  return faults;
}

type Finding = { step: string; kind: string; body: string };

/** The rows are those that the journal vouches for, and come from an attempt whose report was taken. */
function judgeRows(entries: readonly Entry[], jobs: readonly JobJournal[], sql: DurableSql): string[] {
  const faults: string[] = [];
  const rows = sql.look<Finding>("SELECT step, kind, body FROM insights ORDER BY step, ordinal");
  const taken = takenAttempts(jobs);
  const steps = new Set(rows.map(({ step }) => step));
  for (const step of steps) {
    const own = rows
      .filter((row) => row.step === step && row.kind !== "removed")
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    const last = entries.findLast(({ type, data }) => type === "StepFinished" && data["step"] === step);
    if (own.length === 0 || last === undefined) continue;
    if (own.length !== last.data["insightCount"])
      faults.push(`step ${step} has ${own.length} rows, the journal says ${String(last.data["insightCount"])}`);
    else if (digest(own) !== last.data["insightsSha256"])
      faults.push(`the rows of step ${step} are not those of the journal`);
    for (const { data } of own) {
      const { job, attempt } = data as { job: string; attempt: number };
      const source = `${job.split("/")[1] ?? ""} ${step} ${attempt}`;
      if (last.data["cached"] !== true && !taken.has(source))
        faults.push(`step ${step} holds what attempt ${attempt} of ${job} found, which was not taken`);
    }
  }
  return faults;
}

/** `job step attempt` of every result that a job has taken. */
function takenAttempts(jobs: readonly JobJournal[]): Set<string> {
  const taken = new Set<string>();
  for (const { jobId, entries } of jobs) {
    for (const { type, data } of entries) {
      if (type === "StepReported") taken.add(`${jobId} ${String(data["step"])} ${String(data["attempt"])}`);
    }
  }
  return taken;
}

function reportsOf(jobs: readonly JobJournal[]): { step: string; status: string; atMs: number }[] {
  return jobs.flatMap(({ entries }) =>
    entries
      .filter(({ type }) => type === "StepReported")
      .map(({ data, atMs }) => ({ step: String(data["step"]), status: String(data["status"]), atMs })),
  );
}

function digest(rows: readonly Record<string, unknown>[]): string {
  const findings = rows.map(({ id: _id, step: _step, operation: _operation, ...finding }) => finding);
  return createHash("sha256")
    .update(JSON.stringify(sorted(findings)))
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const names = Object.keys(value).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(names.map((name) => [name, sorted((value as Record<string, unknown>)[name])]));
}
