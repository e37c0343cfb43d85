/**
 * `npm run bench:journal [-- --entries N] [--appends N] [--verify N] [--json F]`: what a long journal costs.
 *
 * - Append: the objects' own journal on bare workerd, on this machine's disk. One object gets `entries` (1,000,000)
 *   entries; then `appends` single ones go to it and as many to new, empty objects, by turns, and as many again for
 *   the processor time.
 * - Verification: its first `verify` (200,000) entries are exported to a file and verified on one thread, as
 *   `aima verify` does it; then once more with one digit changed.
 *
 * Absolute figures hold for this machine and this minute; the ratio is taken in one run. Ends with code 1 when the
 * export is not valid or the change is not found.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleWorker } from "./build.ts";
import { Connection } from "./connection.ts";
import { readDeployment } from "./deployment.ts";
import { type Appended, BATCH, fill, measureAppends } from "./journal/append.ts";
import { exportTo, findsAChange, measureVerification, type Rate } from "./journal/verification.ts";
import { table } from "./report.ts";
import { Workerd } from "./workerd.ts";

const { values: options } = parseArgs({
  options: {
    entries: { type: "string", default: "1000000" },
    appends: { type: "string", default: "3000" },
    verify: { type: "string", default: "200000" },
    json: { type: "string" },
  },
});
const entries = Number(options.entries);
const toVerify = Math.min(entries, Number(options.verify));

/** Append p99 at most twice that of an empty journal; entries verified per second. */
const GOAL_RATIO = 2;
const GOAL_PER_SECOND = 50_000;

type Verified = Rate & { readonly entries: number; readonly sizeBytes: number; readonly changeFound: boolean };
type Found = {
  readonly machine: { readonly processors: number; readonly loadBefore: number; loadAfter: number };
  readonly entries: number;
  readonly fillSeconds: number;
  readonly appended: Appended;
  readonly verified: Verified;
};

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const machine = { processors: cpus().length, loadBefore: loadavg()[0] ?? 0, loadAfter: 0 };
say(`${machine.processors} processors, load ${machine.loadBefore.toFixed(2)} before the start.`);

const { compatibilityDate } = readDeployment();
const bundle = await bundleWorker(
  "journal",
  "bench/journal/worker.ts",
  "bench/journal/wrangler.toml",
  compatibilityDate,
);
const objects = { JOURNAL: "BenchJournal" };
const found = await Workerd.during({ name: "journal", bundle, objects, text: {}, json: {}, queues: [] }, measure);
show(found);
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(found, null, 2)}\n`);
if (!found.verified.changeFound) process.exitCode = 1;

async function measure(server: Workerd): Promise<Found> {
  const folder = await mkdtemp(join(tmpdir(), "aima-bench-export-"));
  const connection = await Connection.open(server.port);
  try {
    say(`Filling a journal with ${entries} entries, ${BATCH} a transaction.`);
    const fillSeconds = await fill(connection, entries, (done) => say(`  ${done}`));
    say("Appending.");
    const appended = await measureAppends(server, connection, Number(options.appends));
    say(`Exporting ${toVerify} entries and verifying them.`);
    const file = join(folder, "export.jsonl");
    const sizeBytes = await exportTo(file, connection, toVerify);
    const rate = await measureVerification(file, toVerify);
    const changeFound = await findsAChange(file, sizeBytes);
    machine.loadAfter = loadavg()[0] ?? 0;
    return {
      machine,
      entries,
      fillSeconds,
      appended,
      verified: { ...rate, entries: toVerify, sizeBytes, changeFound },
    };
  } finally {
    connection.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function show({ fillSeconds, appended, verified }: Found): void {
  const { appends, long, empty, p99Ratio, p99RatioOfRounds, rounds } = appended;
  const ms = (value: number): string => value.toFixed(2);
  const met = (is: boolean): string => (is ? "met" : "MISSED");
  const rows = [
    [`append, ${appends} each`, "p50 ms", "p99 ms", "CPU ms"],
    ["empty journal", ms(empty.p50Ms), ms(empty.p99Ms), ms(empty.cpuMs)],
    [`journal of ${entries} entries`, ms(long.p50Ms), ms(long.p99Ms), ms(long.cpuMs)],
    ["ratio", ms(long.p50Ms / empty.p50Ms), ms(p99Ratio), ms(long.cpuMs / empty.cpuMs)],
    [`ratio, median of ${rounds} rounds`, "", ms(p99RatioOfRounds), ""],
  ];
  say(`\n${table(rows)}`);
  say(`goal: p99 ratio at most ${GOAL_RATIO}, ${met(p99Ratio <= GOAL_RATIO)}`);
  say(`filled at ${Math.round(entries / fillSeconds)} entries/s`);
  const rate = table([
    ["verification", "entries/s", "per processor second", "bytes an entry"],
    [
      `${verified.entries} entries`,
      String(Math.round(verified.perSecond)),
      String(Math.round(verified.perCpuSecond)),
      String(Math.round(verified.sizeBytes / verified.entries)),
    ],
  ]);
  say(`\n${rate}`);
  say(`goal: at least ${GOAL_PER_SECOND} entries/s, ${met(verified.perSecond >= GOAL_PER_SECOND)}`);
  say(`one digit changed in the middle of the file: ${verified.changeFound ? "found" : "NOT FOUND"}`);
}
