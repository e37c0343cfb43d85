/**
 * Decides from a run's history and from the journals read back at its end whether anything was lost, doubled or
 * reordered. Knows the two files only: nothing here comes from the code under test, and the hash is computed anew.
 *
 * As a script: `node check-history.ts history.jsonl journals.jsonl [leastAcknowledged] [leastKills]` prints the verdict
 * as JSON and ends with 1 when there is a finding.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { HistoryLine, JournalLine, parseLines } from "./history-lines.ts";

export type Finding = {
  readonly kind:
    | "lost"
    | "doubled"
    | "never-invoked"
    | "out-of-order"
    | "sequence-broken"
    | "chain-broken"
    | "read-undone"
    | "too-little-happened";
  /** Null where the finding is about the run as a whole. */
  readonly writer: string | null;
  readonly detail: string;
};

export type Verdict = {
  readonly writers: number;
  readonly invoked: number;
  readonly acknowledged: number;
  /** Not acknowledged, and yet in a journal: allowed, once. */
  readonly unacknowledgedPresent: number;
  readonly kills: number;
  readonly reads: number;
  readonly events: number;
  readonly findings: readonly Finding[];
};

/** A run with fewer has shown nothing, and does not pass. */
export type Least = { readonly acknowledged: number; readonly kills: number };

type Event = JournalLine["event"];

/** Where an event of this type carries the writer's value; events of other types are the system's own. */
const VALUE_MEMBER: Readonly<Record<string, string>> = {
  SegmentStarted: "segment",
  CheckpointCommitted: "nextSegment",
};

const GENESIS_HASH = "0".repeat(64);

export function checkHistory(history: readonly HistoryLine[], journals: readonly JournalLine[], least: Least): Verdict {
  const invoked = new Map<string, Set<number>>();
  const acknowledged = new Map<string, Set<number>>();
  for (const line of history) {
    if (line.op === "invoke") valuesOf(invoked, line.writer).add(line.value);
    if (line.op === "ok") valuesOf(acknowledged, line.writer).add(line.value);
  }
  const journalOf = Map.groupBy(journals, ({ writer }) => writer);
  const findings: Finding[] = [];
  let unacknowledgedPresent = 0;
  for (const writer of new Set([...invoked.keys(), ...acknowledged.keys(), ...journalOf.keys()])) {
    const events = (journalOf.get(writer) ?? []).map(({ event }) => event);
    const acknowledgedHere = acknowledged.get(writer) ?? new Set();
    const present = events.map(valueOf).filter((value) => value !== null);
    const found = [...checkChain(events), ...checkValues(present, invoked.get(writer) ?? new Set(), acknowledgedHere)];
    findings.push(...found.map(([kind, detail]) => ({ kind, writer, detail })));
    unacknowledgedPresent += present.filter((value) => !acknowledgedHere.has(value)).length;
  }
  const reads = history.filter((line) => line.op === "read");
  for (const { writer, seq, hash } of reads) {
    const now = journalOf.get(writer)?.find(({ event }) => event.seq === seq)?.event.hash;
    if (now !== hash)
      findings.push({ kind: "read-undone", writer, detail: `event ${seq} was shown with another hash` });
  }
  const kills = history.filter((line) => line.op === "kill").length;
  const total = sizeOf(acknowledged);
  if (total < least.acknowledged || kills < least.kills) {
    const detail = `${total} acknowledged events of ${least.acknowledged}, ${kills} kills of ${least.kills}`;
    findings.push({ kind: "too-little-happened", writer: null, detail });
  }
  return {
    writers: invoked.size,
    invoked: sizeOf(invoked),
    acknowledged: total,
    unacknowledgedPresent,
    kills,
    reads: reads.length,
    events: journals.length,
    findings,
  };
}

/** The hash that an event must have, by the published rule: SHA-256 over its canonical JSON without the hash. */
export function expectedHash(event: Event): string {
  const { hash: _hash, ...rest } = event;
  return createHash("sha256").update(canonical(rest)).digest("hex");
}

type Found = readonly [kind: Finding["kind"], detail: string];

function checkChain(events: readonly Event[]): Found[] {
  const found: Found[] = [];
  let prevHash = GENESIS_HASH;
  for (const [index, event] of events.entries()) {
    if (event.seq !== index + 1) found.push(["sequence-broken", `event ${index + 1} has the number ${event.seq}`]);
    if (event.prevHash !== prevHash) found.push(["chain-broken", `event ${event.seq} follows another event`]);
    if (event.hash !== expectedHash(event)) found.push(["chain-broken", `event ${event.seq} has a wrong hash`]);
    prevHash = event.hash;
  }
  return found;
}

function checkValues(
  present: readonly number[],
  invoked: ReadonlySet<number>,
  acknowledged: ReadonlySet<number>,
): Found[] {
  const found: Found[] = [];
  const seen = new Set<number>();
  let highest = 0;
  for (const value of present) {
    if (!invoked.has(value)) found.push(["never-invoked", `value ${value}`]);
    if (seen.has(value)) found.push(["doubled", `value ${value}`]);
    else if (value < highest) found.push(["out-of-order", `value ${value} comes after ${highest}`]);
    seen.add(value);
    highest = Math.max(highest, value);
  }
  for (const value of acknowledged) if (!seen.has(value)) found.push(["lost", `value ${value} was acknowledged`]);
  return found;
}

/** The writer's value that an event carries; null for an event that is the system's own. */
export function valueOf({ type, data }: Event): number | null {
  const member = VALUE_MEMBER[type];
  return member === undefined ? null : Number(data[member]);
}

function valuesOf(by: Map<string, Set<number>>, writer: string): Set<number> {
  const values = by.get(writer) ?? new Set();
  by.set(writer, values);
  return values;
}

const sizeOf = (by: ReadonlyMap<string, ReadonlySet<number>>): number =>
  [...by.values()].reduce((sum, { size }) => sum + size, 0);

/** Members in the order of their names by UTF-16 code unit, no white space. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  // SAFETY: an object that is no array has string members.
  const members = value as Record<string, unknown>;
  const names = Object.keys(members).toSorted();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(members[name])}`).join(",")}}`;
}

if (import.meta.main) {
  const [historyPath = "", journalsPath = "", acknowledged = "1", kills = "0"] = process.argv.slice(2);
  const verdict = checkHistory(
    parseLines(HistoryLine, readFileSync(historyPath, "utf8")),
    parseLines(JournalLine, readFileSync(journalsPath, "utf8")),
    { acknowledged: Number(acknowledged), kills: Number(kills) },
  );
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
  process.exitCode = verdict.findings.length === 0 ? 0 : 1;
}
