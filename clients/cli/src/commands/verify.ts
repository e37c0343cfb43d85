/** Verifies exported journals; reads files only. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { type Finding, firstFork, type Fork, type Head, type JournalReport, verifyJournal } from "@aima/sdk";
import { EXIT, Failure } from "../failure.ts";
import { paint, plain, say, sayJson } from "../output.ts";

export type VerifyOptions = { readonly head?: Head; readonly against?: string; readonly json: boolean };

type Verified = { readonly file: string; readonly report: JournalReport; readonly forks: Finding[] };

const CHUNK_BYTES = 256 * 1024;

const bytesOf = (file: string): AsyncIterable<Uint8Array> => createReadStream(file, { highWaterMark: CHUNK_BYTES });

export function findingLine({ kind, line, seq, detail }: Finding): string {
  const where = line === null ? "whole" : `line ${line}`;
  return `  ${where}${seq === null ? "" : ` (entry ${seq})`}: ${kind}: ${plain(detail)}`;
}

/**
 * Verifies every file, and those of one asset or job against each other. With `against`, every file has to continue
 * that export; with `head`, it has to have that entry. Exit code 0 when all are valid, 1 when one is not, 2 when a
 * file cannot be read.
 */
export async function verify(files: readonly string[], { head, against, json }: VerifyOptions): Promise<number> {
  if (head !== undefined && files.length > 1)
    throw new Failure(EXIT.usage, "--head is about one journal.", "Name one file with --head.");
  const base = against === undefined ? null : await verifyFile(against, null);
  const all: Verified[] = base === null ? [] : [base];
  for (const file of files) all.push(await verifyFile(file, head ?? null));
  const ofFiles = base === null ? all : all.slice(1);
  if (base !== null) for (const one of ofFiles) await checkContinues(base, one);
  await checkTogether(ofFiles.filter(({ forks }) => forks.length === 0));
  for (const one of all) show(one, { json, compared: base !== null || head !== undefined });
  return all.every(({ report, forks }) => report.valid && forks.length === 0) ? EXIT.ok : EXIT.failure;
}

async function verifyFile(file: string, head: Head | null): Promise<Verified> {
  try {
    // A folder opens and fails at the first read only.
    const handle = await open(file);
    await handle.close();
    return { file, report: await verifyJournal(bytesOf(file), { head }), forks: [] };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(EXIT.usage, `${plain(file)} cannot be read: ${plain(why)}.`, "Check the path.");
  }
}

function ownerOf({ report: { owner } }: Verified): string | null {
  return owner === null ? null : Object.values(owner).join("");
}

/** The exports of one owner against the longest of them: two that it continues do not part ways either. */
async function checkTogether(files: readonly Verified[]): Promise<void> {
  for (const [owner, group] of Map.groupBy(files, ownerOf)) {
    const [longest, ...others] = group.toSorted((a, b) => b.report.head.seq - a.report.head.seq);
    if (owner === null || longest === undefined) continue;
    for (const other of others) {
      const fork = await checkFork(longest, other);
      if (fork !== null) longest.forks.push(told(other, fork.seq, fork.lines[0], fork.lines[1]));
    }
  }
}

function told(other: Verified, seq: number, line: number, otherLine: number): Finding {
  const detail = `entry ${seq} is another one than in ${other.file}, line ${otherLine}`;
  return { kind: "forked", line, seq, detail };
}

async function checkFork(reference: Verified, one: Verified): Promise<Fork | null> {
  const fork = await firstFork(bytesOf(reference.file), bytesOf(one.file));
  if (fork !== null) one.forks.push(told(reference, fork.seq, fork.lines[1], fork.lines[0]));
  return fork;
}

async function checkContinues(base: Verified, one: Verified): Promise<void> {
  const [expected, actual] = [ownerOf(base), ownerOf(one)];
  if (expected !== null && actual !== null && expected !== actual) {
    const detail = `this is the journal of ${actual}, ${base.file} that of ${expected}`;
    one.forks.push({ kind: "misnamed", line: 1, seq: null, detail });
  }
  const fork = await checkFork(base, one);
  const [was, is] = [base.report.head.seq, one.report.head.seq];
  if (fork === null && is < was) {
    const detail = `it ends with entry ${is}, ${base.file} with entry ${was}`;
    one.forks.push({ kind: "truncated", line: null, seq: was, detail });
  }
}

function show({ file, report, forks }: Verified, { json, compared }: { json: boolean; compared: boolean }): void {
  const { owner, entries, head, end } = report;
  const findings = [...report.findings, ...forks];
  const findingCount = report.findingCount + forks.length;
  const valid = findingCount === 0;
  if (json) {
    sayJson({ file, valid, owner, entries, head, end, findings, findingCount });
    return;
  }
  const what = `${entries} entries of ${owner === null ? "an unnamed journal" : Object.values(owner).join("")}`;
  process.stdout.write(
    `${plain(file)}: ${valid ? paint("green", "valid") : paint("red", "NOT VALID")}, ${plain(what)}\n`,
  );
  say(`  head ${head.seq}:${head.hash}`);
  for (const finding of findings) say(findingLine(finding));
  if (findingCount > findings.length) say(`  and ${findingCount - findings.length} more`);
  if (!valid) return;
  if (end === "open") say("  not excluded: that entries are missing at the end, as it has no trailer");
  if (!compared) say("  not excluded: that all of it was rewritten; --head or --against an earlier export shows that");
}
