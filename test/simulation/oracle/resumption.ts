/** No work is done again that a checkpoint covers, and no step is handed out that has ended. */
import type { AttemptLog } from "../ledger.ts";
import { attemptOf } from "./job-course.ts";
import type { Entry } from "./journal.ts";

export function judgeResumption(entries: readonly Entry[], log: AttemptLog): string[] {
  const faults: string[] = [];
  const started = entries.find((entry) => entry.type === "AttemptStarted" && attemptOf(entry) === log.attempt);
  if (started === undefined) return faults;
  const before = entries.filter(({ seq }) => seq < started.seq);
  for (const { type, data } of before) {
    const step = String(data["step"]);
    if (type === "StepReported" && log.steps.includes(step))
      faults.push(`attempt ${log.attempt} was given step ${step} again`);
  }
  const dropped = before.findLastIndex(({ type }) => type === "CheckpointsDropped");
  const newest = before.slice(dropped + 1).findLast(({ type }) => type === "CheckpointCommitted");
  const committed = Number(newest?.data["nextSegment"] ?? 0);
  if (log.readNewest && log.startSegment < committed) {
    faults.push(`attempt ${log.attempt} began with segment ${log.startSegment}, the checkpoint covers ${committed}`);
  }
  const first = entries.find((entry) => entry.type === "SegmentStarted" && attemptOf(entry) === log.attempt);
  if (first !== undefined && log.readNewest && Number(first.data["segment"]) < committed) {
    faults.push(`attempt ${log.attempt} did segment ${String(first.data["segment"])} again`);
  }
  return faults;
}
