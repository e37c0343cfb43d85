/** What one job's journal has to look like, whatever happened around it. */
import type { Entry } from "./journal.ts";

const TERMINAL = new Set(["JobSucceeded", "JobFailed", "JobCanceled", "JobExpired"]);

export const isEndType = (type: string): boolean => TERMINAL.has(type);

export const isEnd = ({ type }: Entry): boolean => TERMINAL.has(type);

export const attemptOf = ({ data }: Entry): number | null =>
  typeof data["attempt"] === "number" ? data["attempt"] : null;

export type AttemptSpan = {
  readonly number: number;
  readonly startedAtMs: number;
  readonly startedSeq: number;
  endedAtMs: number | null;
  endedSeq: number | null;
};

/** Attempts with their beginnings and ends, as the journal tells them. */
export function attemptSpans(entries: readonly Entry[]): AttemptSpan[] {
  const spans: AttemptSpan[] = [];
  for (const entry of entries) {
    const open = spans.at(-1);
    if (entry.type === "AttemptStarted") {
      const number = attemptOf(entry) ?? 0;
      spans.push({ number, startedAtMs: entry.atMs, startedSeq: entry.seq, endedAtMs: null, endedSeq: null });
    } else if (open !== undefined && open.endedAtMs === null && (entry.type === "AttemptEnded" || isEnd(entry))) {
      open.endedAtMs = entry.atMs;
      open.endedSeq = entry.seq;
    }
  }
  return spans;
}

/** Violations of order, fencing and finality. */
export function judgeCourse(entries: readonly Entry[]): string[] {
  return [...judgeEnds(entries), ...judgeAttempts(entries), ...judgeOnce(entries), ...judgeSegments(entries)];
}

function judgeEnds(entries: readonly Entry[]): string[] {
  const faults: string[] = [];
  const [first] = entries;
  if (first?.type !== "JobSubmitted") faults.push(`the journal begins with ${first?.type ?? "nothing"}`);
  const submissions = entries.filter(({ type }) => type === "JobSubmitted").length;
  if (submissions > 1) faults.push(`it was submitted ${submissions} times`);
  const end = entries.findIndex(isEnd);
  if (end === -1) faults.push("it never ended");
  else if (end < entries.length - 1) {
    faults.push(`${entries[end]?.type ?? ""} was not its last event: ${entries[end + 1]?.type ?? ""} followed`);
  }
  return faults;
}

/** Attempts are numbered without gap, one is open at a time, and nothing of an older one follows a newer one's start. */
function judgeAttempts(entries: readonly Entry[]): string[] {
  const faults: string[] = [];
  let current = 0;
  let open = false;
  for (const entry of entries) {
    const attempt = attemptOf(entry);
    if (entry.type === "AttemptStarted") {
      if (attempt !== current + 1) faults.push(`attempt ${attempt ?? "?"} followed ${current}`);
      if (open) faults.push(`attempt ${attempt ?? "?"} began while ${current} was open`);
      current = attempt ?? current;
      open = true;
    } else if (attempt !== null) {
      if (attempt !== current) faults.push(`${entry.type} of attempt ${attempt} stands after the start of ${current}`);
      else if (!open) faults.push(`${entry.type} of attempt ${attempt} stands after its end`);
      if (entry.type === "AttemptEnded" || entry.type === "JobSucceeded") open = false;
    }
  }
  return faults;
}

/** A step is reported once over all attempts; checkpoints of an attempt only advance. */
function judgeOnce(entries: readonly Entry[]): string[] {
  const faults: string[] = [];
  const steps = new Set<unknown>();
  let attempt: number | null = null;
  let nextSegment = 0;
  for (const entry of entries) {
    if (entry.type === "StepReported") {
      if (steps.has(entry.data["step"])) faults.push(`step ${String(entry.data["step"])} was reported twice`);
      steps.add(entry.data["step"]);
    }
    if (entry.type === "CheckpointCommitted") {
      const committed = Number(entry.data["nextSegment"]);
      if (attemptOf(entry) === attempt && committed < nextSegment) {
        faults.push(`the checkpoint of attempt ${attempt ?? 0} went back from ${nextSegment} to ${committed}`);
      }
      attempt = attemptOf(entry);
      nextSegment = committed;
    }
  }
  return faults;
}

/** Within an attempt, segments begin in their order. */
function judgeSegments(entries: readonly Entry[]): string[] {
  const faults: string[] = [];
  const last = new Map<number, number>();
  for (const entry of entries) {
    if (entry.type !== "SegmentStarted") continue;
    const attempt = attemptOf(entry) ?? 0;
    const segment = Number(entry.data["segment"]);
    if (segment <= (last.get(attempt) ?? -1)) faults.push(`attempt ${attempt} began segment ${segment} out of order`);
    last.set(attempt, segment);
  }
  return faults;
}
