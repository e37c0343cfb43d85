/**
 * `npm run simulate -- --seeds N [--seed S] [--json F] [--mutants] [--moonshot]`: runs the real objects under simulated faults.
 *
 * `--seed S` alone replays seed S; with `--seeds N` it is the first of N. Ends with 1 when a promise was broken, when a
 * run was too quiet to count, or when a mutant went unnoticed.
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { printMoonshot } from "./moonshot-report.ts";
import { printRun, summarize } from "./report.ts";
import { huntMutants } from "./hunt-mutants.ts";
import { runMoonshotThread, runSeeds } from "./run-seeds.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    json: { type: "string" },
    mutants: { type: "boolean", default: false },
    moonshot: { type: "boolean", default: false },
    threads: { type: "string" },
  },
});

const MOONSHOT_JOBS = 1_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const threads = Number(values.threads ?? Math.min(availableParallelism(), 8));
const first = Number(values.seed ?? 1);
const count = Number(values.seeds ?? (values.seed === undefined ? 100 : 1));
const seeds = Array.from({ length: count }, (_, n) => first + n);
const startedAtMs = performance.now();

async function main(): Promise<{ ok: boolean; report: unknown }> {
  if (values.mutants) {
    const hunt = await huntMutants(threads, say);
    return { ok: hunt.every(({ caughtBySeed }) => caughtBySeed !== null), report: { mutants: hunt } };
  }
  if (values.moonshot) {
    const moonshot = await runMoonshotThread(first, Number(values.seeds ?? MOONSHOT_JOBS));
    printMoonshot(moonshot, say);
    return { ok: moonshot.ok, report: moonshot };
  }
  let done = 0;
  const results = await runSeeds({
    seeds,
    threads,
    mutant: null,
    onResult: () => {
      done += 1;
      if (done % 100 === 0) say(`${done} of ${count} seeds`);
      return true;
    },
  });
  const summary = summarize(results, performance.now() - startedAtMs);
  printRun(results, summary, say);
  return { ok: summary.ok, report: { ...summary, seeds: results.map(({ trace: _trace, ...rest }) => rest) } };
}

const { ok, report } = await main();
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exitCode = ok ? 0 : 1;
