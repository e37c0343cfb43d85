/** Nothing acknowledged is lost: every report and command that was answered stands in the journal, where it belongs. */
import type { AttemptLog, CommandLog, SentReport } from "../ledger.ts";
import { type AttemptSpan, attemptOf, attemptSpans, isEnd } from "./job-course.ts";
import type { Entry } from "./journal.ts";

/** What is missing of the reports of one attempt. */
export function judgeReports(entries: readonly Entry[], log: AttemptLog): string[] {
  const span = attemptSpans(entries).find(({ number }) => number === log.attempt);
  if (span === undefined) return [`attempt ${log.attempt} was granted and is not in the journal`];
  const faults: string[] = [];
  // Reports take effect in order: the moment of one is the latest acknowledgement up to it.
  let atMs = 0;
  for (let seq = 1; ; seq += 1) {
    const sent = log.reports.get(seq);
    if (sent?.ackedAtMs == null) break;
    atMs = Math.max(atMs, sent.ackedAtMs);
    if (span.endedAtMs !== null && span.endedAtMs <= atMs && !endsIt(entries, span, sent)) break;
    if (!sent.honest) continue;
    const missing = missingOf(entries, log, sent);
    if (missing !== null)
      faults.push(`report ${seq} of attempt ${log.attempt} was acknowledged: ${missing} is missing`);
  }
  return [...faults, ...judgeOrder(entries, log)];
}

/** The report that ended the attempt, and those before it, have to be there although the attempt is over. */
function endsIt(entries: readonly Entry[], span: AttemptSpan, sent: SentReport): boolean {
  const end = entries.find(({ seq }) => seq === span.endedSeq);
  return sent.report.type === "succeeded" && end?.type === "JobSucceeded";
}

function missingOf(entries: readonly Entry[], log: AttemptLog, { report }: SentReport): string | null {
  const own = entries.filter((entry) => attemptOf(entry) === log.attempt);
  const canceled = entries.some(({ type }) => type === "CancelRequested");
  switch (report.type) {
    case "heartbeat":
      return null;
    case "hello":
      // A job that is already being canceled does not begin to run.
      return own.some(({ type }) => type === "AttemptRunning") || canceled ? null : "its start";
    case "progress":
      return own.some(({ type, data }) => type === "SegmentStarted" && data["segment"] === report.segment)
        ? null
        : `segment ${report.segment ?? "?"}`;
    case "checkpoint":
      return own.some(({ type, data }) => type === "CheckpointCommitted" && keyOf(data) === report.blob.key)
        ? null
        : `checkpoint ${report.blob.key}`;
    case "partial":
      return entries.some(({ type, data }) => type === "StepReported" && data["step"] === report.step)
        ? null
        : `step ${report.step}`;
    case "succeeded":
      return entries.some((entry) => isEnd(entry)) ? null : "its success";
    case "failed":
    case "preempted":
      return own.some(({ type }) => type === "AttemptEnded") || entries.some(isEnd) ? null : "its end";
  }
}

/** Longer than a lease with everything that a run can put in the way of its end. */
const LONGEST_SILENCE_MS = 35 * 60_000;

/** An attempt whose agent has fallen silent does not keep the job from others. */
export function judgeSilence(entries: readonly Entry[], log: AttemptLog): string[] {
  const span = attemptSpans(entries).find(({ number }) => number === log.attempt);
  if (span?.endedAtMs == null) return [];
  const sentAtMs = [...log.reports.values()].map(({ report }) => Date.parse(report.at));
  const silentMs = span.endedAtMs - Math.max(span.startedAtMs, ...sentAtMs);
  return silentMs > LONGEST_SILENCE_MS
    ? [`attempt ${log.attempt} was kept open for ${Math.round(silentMs / 60_000)} minutes of silence`]
    : [];
}

/** Checkpoints and segments of an attempt stand in the order in which the agent numbered them. */
function judgeOrder(entries: readonly Entry[], log: AttemptLog): string[] {
  const numbers = new Map<string, number>();
  for (const [seq, { report }] of log.reports) {
    if (report.type === "checkpoint") numbers.set(`checkpoint ${report.blob.key}`, seq);
    if (report.type === "progress" && report.segment !== null) numbers.set(`segment ${report.segment}`, seq);
    if (report.type === "partial") numbers.set(`step ${report.step}`, seq);
  }
  const faults: string[] = [];
  let last = 0;
  for (const entry of entries) {
    if (attemptOf(entry) !== log.attempt) continue;
    const name = nameOf(entry);
    const seq = name === null ? undefined : numbers.get(name);
    if (name === null) continue;
    if (seq === undefined) faults.push(`${name} of attempt ${log.attempt} was never reported`);
    else if (seq < last) faults.push(`${name} of attempt ${log.attempt} was taken out of order`);
    else last = seq;
  }
  return faults;
}

function nameOf({ type, data }: Entry): string | null {
  if (type === "CheckpointCommitted") return `checkpoint ${keyOf(data)}`;
  if (type === "SegmentStarted") return `segment ${String(data["segment"])}`;
  return type === "StepReported" ? `step ${String(data["step"])}` : null;
}

const keyOf = (data: Readonly<Record<string, unknown>>): string =>
  (data["blob"] as { key?: string } | undefined)?.key ?? "";

/** Commands of the job's owner that were accepted have to show, unless the job had ended before. */
export function judgeCommands(entries: readonly Entry[], commands: readonly CommandLog[]): string[] {
  const faults: string[] = [];
  const endedAtMs = entries.find(isEnd)?.atMs ?? Number.POSITIVE_INFINITY;
  const accepted = commands.filter(({ answer }) => answer?.ok === true);
  for (const { command, detail, answer } of accepted) {
    if (endedAtMs <= (answer?.atMs ?? 0) && command !== "submit") continue;
    const shows = entries.some(({ type, data }) => {
      if (command === "submit") return type === "JobSubmitted";
      if (command === "cancel") return type === "CancelRequested" || type === "JobCanceled";
      if (command === "pause") return type === "PauseRequested" || type === "JobPaused";
      if (command === "changePriority") {
        return (type === "PriorityChanged" && data["priority"] === Number(detail)) || Number(detail) === 50;
      }
      return true;
    });
    if (!shows) faults.push(`${command} ${detail} was acknowledged and does not show`);
  }
  return faults;
}
