import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { huntMutants } from "./hunt-mutants.ts";
import { MUTANTS } from "./mutants.ts";
import { summarize } from "./report.ts";
import { runMoonshotThread, runSeeds } from "./run-seeds.ts";

const threads = Math.min(availableParallelism(), 4);
const seeds = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n);

test("every promise is kept under faults, and enough of both was there", { timeout: 300_000 }, async () => {
  const results = await runSeeds({ seeds: seeds(1, 40), threads, mutant: null });
  const summary = summarize(results, 0);
  expect(results.flatMap(({ seed, violations }) => violations.map((each) => ({ seed, ...each })))).toEqual([]);
  expect(summary.tooQuiet).toBeNull();
  expect(summary.faultTotal).toBeGreaterThan(400);
  expect(Object.keys(summary.faults).length).toBeGreaterThan(25);
});

test("the same seed is the same run, to the last line of its trace", { timeout: 300_000 }, async () => {
  const once = await runSeeds({ seeds: seeds(7, 4), threads: 2, mutant: null });
  const again = await runSeeds({ seeds: seeds(7, 4).toReversed(), threads: 1, mutant: null });
  expect(again).toEqual(once);
  expect(new Set(once.map(({ traceHash }) => traceHash)).size).toBe(4);
});

test("every change that breaks a promise is noticed", { timeout: 600_000 }, async () => {
  const hunts = await huntMutants(threads, () => undefined);
  expect(hunts.filter(({ caughtBySeed }) => caughtBySeed === null).map(({ mutant }) => mutant)).toEqual([]);
  expect(hunts).toHaveLength(MUTANTS.length);
});

test(
  "no result is lost with every webhook dropped and the control plane killed every two seconds",
  { timeout: 300_000 },
  async () => {
    const { rows, violations, kills, webhooksDropped } = await runMoonshotThread(1, 60);
    expect(violations).toEqual([]);
    expect(rows.map(({ jobs, stored, ranTwice }) => ({ jobs, stored, ranTwice }))).toEqual(
      rows.map(() => ({ jobs: 10, stored: 10, ranTwice: 0 })),
    );
    expect(Math.max(...rows.map(({ statusCallsMax }) => statusCallsMax))).toBeLessThanOrEqual(12);
    expect(kills).toBeGreaterThan(100);
    expect(webhooksDropped).toBeGreaterThan(20);
  },
);
