/** Writes a journal into a file that can be verified without the server. */
import { open, rename, rm, stat } from "node:fs/promises";
import {
  type AimaClient,
  exportLines,
  type Head,
  type JournalEvent,
  type JournalOwner,
  verifyJournal,
} from "@aima/sdk";
import { EXIT, Failure } from "../failure.ts";
import { note, plain, sayJson } from "../output.ts";
import { findingLine } from "./verify.ts";

export type ExportOptions = { readonly output?: string; readonly json: boolean };

const PAGE_ENTRIES = 500;

export async function exportAsset(client: AimaClient, assetId: string, options: ExportOptions): Promise<void> {
  const { seq } = await client.assets.get(assetId);
  await exported({ assetId }, seq, options, async (after) => {
    const { events } = await client.assets.events(assetId, { after, limit: PAGE_ENTRIES });
    return events;
  });
}

export async function exportJob(client: AimaClient, jobId: string, options: ExportOptions): Promise<void> {
  await exported({ jobId }, 0, options, (after) => client.jobs.events(jobId, { after, limit: PAGE_ENTRIES }));
}

/** The chain of the tenant's audit log after a row, to its end: pieces of the API as one file. */
export async function exportAudit(client: AimaClient, afterSeq: number, options: ExportOptions): Promise<void> {
  const first = await client.audit.chain(afterSeq);
  let isFirst = true;
  const page = async (after: number): Promise<readonly JournalEvent[]> => {
    const piece = isFirst ? first : await client.audit.chain(after);
    isFirst = false;
    return piece.entries;
  };
  const output = options.output ?? "audit.ndjson";
  await exported(first.owner, 0, { ...options, output }, page, first.after);
}

/**
 * To the file named, to `-` (stdout), or to `<id>.journal.jsonl` in this folder. The file is there once it is whole and
 * on disk; until then its name ends in `.partial`. An existing file is kept: it is what the next one is verified
 * against. It is for its owner alone. What the server gives is verified on the way; a journal that is not valid is kept too, as evidence.
 */
async function exported(
  owner: JournalOwner,
  leastSeq: number,
  { output, json }: ExportOptions,
  page: (after: number) => Promise<readonly JournalEvent[]>,
  start?: Head,
): Promise<void> {
  const id = Object.values(owner).join("");
  const target = output ?? `${id}.journal.jsonl`;
  let entries = 0;
  const counted = async (after: number): Promise<readonly JournalEvent[]> => {
    const events = await page(after);
    entries += events.length;
    if (events.length >= PAGE_ENTRIES) note(`${id}: ${entries} entries`);
    return events;
  };
  const lines = exportLines(owner, counted, start);
  const report =
    target === "-" ? await verifyJournal(written(lines, (bytes) => toStdout(bytes))) : await toFile(target, lines);
  if (report.head.seq < leastSeq) {
    const fix = "Export it again; if it stays so, the server hides entries.";
    throw new Failure(EXIT.failure, `The server gave ${report.head.seq} of ${leastSeq} entries.`, fix);
  }
  const head = `${report.head.seq}:${report.head.hash}`;
  if (!report.valid) {
    for (const finding of report.findings) note(findingLine(finding));
    throw new Failure(
      EXIT.failure,
      `The journal of ${id} is not valid.`,
      `Keep ${plain(target)}, and compare it with an earlier export.`,
    );
  }
  if (json && target !== "-") sayJson({ ...owner, path: target, entries: report.entries, head });
  else note(`saved ${report.entries} entries to ${plain(target)}, head ${head}`);
}

/** What is written, as it is written. */
async function* written(
  lines: AsyncIterable<string>,
  write: (bytes: Uint8Array) => Promise<unknown>,
): AsyncGenerator<Uint8Array> {
  for await (const text of lines) {
    const bytes = Buffer.from(text);
    await write(bytes);
    yield bytes;
  }
}

function toStdout(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

async function toFile(target: string, lines: AsyncIterable<string>): ReturnType<typeof verifyJournal> {
  if ((await stat(target).catch(() => null)) !== null) {
    const fix = "Name another file with --output; the existing one is what `aima verify --against` needs.";
    throw new Failure(EXIT.failure, `${plain(target)} exists.`, fix);
  }
  const partial = `${target}.partial`;
  const file = await open(partial, "w", 0o600);
  try {
    const report = await verifyJournal(written(lines, (bytes) => file.writeFile(bytes)));
    await file.sync();
    await file.close();
    await rename(partial, target);
    return report;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}
