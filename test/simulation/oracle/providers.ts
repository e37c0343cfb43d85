/** What the providers saw of a job: nothing runs twice, and what has ended is fetched before it is forgotten. */
import type { ProviderSite, Run } from "../providers/site.ts";
import { attemptOf, isEnd } from "./job-course.ts";
import type { Entry } from "./journal.ts";

export function judgeRuns(name: string, entries: readonly Entry[], sites: readonly ProviderSite[]): string[] {
  const faults: string[] = [];
  const runs = sites.flatMap((site) => site.runs.filter(({ label }) => label.startsWith(`${name}/`)));
  for (const label of new Set(runs.map((run) => run.label))) {
    const executed = sites.flatMap((site) => site.executionsOf(label));
    if (executed.length > 1) faults.push(`${label} was executed ${executed.length} times`);
    if (executed.length > 1) continue;
    for (const run of executed) faults.push(...judgeRun(entries, run));
  }
  return faults;
}

/** A run stands in the journal under the name that the provider gave it, and is not left to itself. */
function judgeRun(entries: readonly Entry[], run: Run): string[] {
  const { label, coordinates, canceledAtMs, endsAtMs } = run;
  const attempt = Number(label.split("/").at(-1));
  const own = entries.filter((entry) => attemptOf(entry) === attempt);
  if (own.length === 0) return [`the run of attempt ${attempt} has no attempt in the journal`];
  const placed = own.find(({ type }) => type === "AttemptPlaced");
  const faults: string[] = [];
  if (placed !== undefined && placed.data["externalId"] !== coordinates.externalId) {
    faults.push(
      `attempt ${attempt} is placed at ${String(placed.data["externalId"])}, it runs as ${coordinates.externalId}`,
    );
  }
  if (own.some(({ type }) => type === "JobSucceeded")) faults.push(...judgeSuccess(entries, own, run));
  const over = own.find(({ type }) => type === "AttemptEnded") ?? entries.find(isEnd);
  const abandoned = over !== undefined && over.atMs < endsAtMs && canceledAtMs === null;
  // A minute for the cancellation to be told; the rest was already spent when the faults ended.
  if (abandoned && endsAtMs - over.atMs > LONGEST_OUTAGE_MS)
    faults.push(`the run of attempt ${attempt} was left to itself`);
  return faults;
}

/** A success is what the run itself came to, with all that it found. */
function judgeSuccess(entries: readonly Entry[], own: readonly Entry[], run: Run): string[] {
  const faults: string[] = [];
  const success = own.find(({ type }) => type === "JobSucceeded");
  if (run.failure !== null) faults.push(`the run ${run.label} failed, the job succeeded`);
  if ((success?.atMs ?? 0) < run.endsAtMs) faults.push(`the job succeeded before the run ${run.label} had ended`);
  for (const { step } of run.outcomes) {
    const told = entries.some(({ type, data }) => type === "StepReported" && data["step"] === step);
    if (!told) faults.push(`step ${step} of the run ${run.label} was not taken`);
  }
  return faults;
}

/** Longer than the outages and repetitions of a run under faults together. */
const LONGEST_OUTAGE_MS = 30 * 60_000;
