import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { exportLines, type JournalEvent, verifyJournal } from "../../clients/sdk/src/index.ts";
import type { Connection } from "../connection.ts";
import { median } from "../statistics.ts";
import { BATCH, call, LONG } from "./append.ts";

const RUNS = 5;

/** The first entries of the long journal, as the command line exports them. Gives the size of the file in bytes. */
export async function exportTo(file: string, connection: Connection, entries: number): Promise<number> {
  const lines = exportLines({ jobId: "job_00000000000000000000000001" }, async (after) => {
    const count = Math.min(BATCH, entries - after);
    if (count === 0) return [];
    // SAFETY: what the bench's Worker answers.
    return JSON.parse(await call(connection, `/${LONG}/entries?after=${after}&count=${count}`)) as JournalEvent[];
  });
  const handle = await open(file, "w");
  let sizeBytes = 0;
  for await (const text of lines) sizeBytes += (await handle.write(text)).bytesWritten;
  await handle.close();
  return sizeBytes;
}

const bytesOf = (file: string): AsyncIterable<Uint8Array> => createReadStream(file, { highWaterMark: 256 * 1024 });

export type Rate = {
  /** By the clock: on a machine with other work, what that leaves. */
  readonly perSecond: number;
  /** By the processor time of this process, all its threads. */
  readonly perCpuSecond: number;
};

/** Entries verified per second, median of five runs. Throws when the export is not valid or not whole. */
export async function measureVerification(file: string, entries: number): Promise<Rate> {
  const rates: Rate[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
    const report = await verifyJournal(bytesOf(file));
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    if (!report.valid || report.entries !== entries)
      throw new Error(`The export is not right: ${JSON.stringify(report)}`);
    rates.push({ perSecond: entries / seconds, perCpuSecond: (entries * 1e6) / (user + system) });
  }
  return {
    perSecond: median(rates.map(({ perSecond }) => perSecond)),
    perCpuSecond: median(rates.map(({ perCpuSecond }) => perCpuSecond)),
  };
}

/** Changes one digit in the middle of the file; gives whether that, and nothing else, is found. */
export async function findsAChange(file: string, sizeBytes: number): Promise<boolean> {
  const handle = await open(file, "r+");
  const from = Math.floor(sizeBytes / 2);
  const { buffer } = await handle.read(Buffer.alloc(4096), 0, 4096, from);
  const before = '"sizeBytes":';
  const found = buffer.indexOf(before);
  if (found < 0) throw new Error("There is no number to change in the middle of the file.");
  const at = found + before.length;
  await handle.write(buffer[at] === 49 ? "2" : "1", from + at);
  await handle.close();
  const { findings } = await verifyJournal(bytesOf(file));
  return findings.length === 1 && findings[0]?.kind === "edited";
}
