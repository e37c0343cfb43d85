/**
 * A second opinion on a run, made another way: each journal is walked once, side by side with the list of what its
 * writer sent, as two sorted lists are merged; the hash is taken over text put together from the journal's own words.
 */
import { createHash } from "node:crypto";
import type { HistoryLine, JournalLine } from "./history-lines.ts";

/** Writers whose journal is not what the history allows. */
export function suspectsOf(history: readonly HistoryLine[], journals: readonly JournalLine[]): string[] {
  const sent: Record<string, { value: number; acknowledged: boolean }[]> = {};
  const shown: Record<string, { seq: number; hash: string }[]> = {};
  for (const line of history) {
    if (line.op === "invoke") (sent[line.writer] ??= []).push({ value: line.value, acknowledged: false });
    if (line.op === "ok") {
      const entry = sent[line.writer]?.findLast(({ value }) => value === line.value);
      if (entry !== undefined) entry.acknowledged = true;
    }
    if (line.op === "read") (shown[line.writer] ??= []).push(line);
  }
  const writers = [...new Set([...Object.keys(sent), ...journals.map(({ writer }) => writer)])];
  return writers.filter((writer) => {
    const events = journals.filter((line) => line.writer === writer).map(({ event }) => event);
    return (
      !isMerge(sent[writer] ?? [], events.flatMap(valuesIn)) ||
      !isChain(events) ||
      (shown[writer] ?? []).some(({ seq, hash }) => events[seq - 1]?.hash !== hash)
    );
  });
}

/** Whether `present` is `sent` without some that were not acknowledged. */
function isMerge(sent: readonly { value: number; acknowledged: boolean }[], present: readonly number[]): boolean {
  let next = 0;
  for (const { value, acknowledged } of sent) {
    if (present[next] === value) next += 1;
    else if (acknowledged) return false;
  }
  return next === present.length;
}

function valuesIn({ type, data }: JournalLine["event"]): number[] {
  if (type === "SegmentStarted") return [Number(data["segment"])];
  if (type === "CheckpointCommitted") return [Number(data["nextSegment"])];
  return [];
}

function isChain(events: readonly JournalLine["event"][]): boolean {
  return events.every((event, index) => {
    const before = index === 0 ? "".padEnd(64, "0") : events[index - 1]?.hash;
    const { hash, ...rest } = event;
    const text = textOf(rest);
    return (
      event.seq === index + 1 && event.prevHash === before && createHash("sha256").update(text).digest("hex") === hash
    );
  });
}

/** JSON without white space, an object's members in the order of their names. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).toString()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => ({ name, text: textOf(member) }));
  members.sort((a, b) => (a.name < b.name ? -1 : 1));
  return `{${members.map(({ name, text }) => `${JSON.stringify(name)}:${text}`).toString()}}`;
}
