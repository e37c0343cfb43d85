/** What a run of many seeds says at its end, and whether it counts. */
import { createHash } from "node:crypto";
import type { SeedResult } from "./scenario.ts";

/** A run with less than this says nothing: too little was tried, or too little got through. */
const MINIMUM_FAULTS_PER_SEED = 10;
const MINIMUM_SUCCESS_SHARE = 0.3;

export type Summary = {
  readonly ok: boolean;
  readonly seeds: number;
  readonly failed: readonly number[];
  readonly faults: Readonly<Record<string, number>>;
  readonly faultTotal: number;
  readonly jobs: number;
  readonly succeeded: number;
  readonly acknowledged: number;
  readonly simulatedHours: number;
  readonly tookMs: number;
  /** Over the traces of all seeds: two runs of the same code and seeds have the same. */
  readonly traceHash: string;
  /** Why the run does not count; null when it does. */
  readonly tooQuiet: string | null;
};

export function summarize(results: readonly SeedResult[], tookMs: number): Summary {
  const faults: Record<string, number> = {};
  for (const result of results) {
    for (const [kind, count] of Object.entries(result.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  }
  const sum = (of: (result: SeedResult) => number): number => results.reduce((total, each) => total + of(each), 0);
  const failed = results.filter(({ violations }) => violations.length > 0).map(({ seed }) => seed);
  const jobs = sum(({ jobs: own }) => own);
  const succeeded = sum((each) => each.succeeded);
  const faultTotal = sum((each) => each.faultTotal);
  const tooQuiet = quiet(results.length, faultTotal, jobs, succeeded);
  return {
    ok: failed.length === 0 && tooQuiet === null,
    seeds: results.length,
    failed,
    faults,
    faultTotal,
    jobs,
    succeeded,
    acknowledged: sum((each) => each.acknowledged),
    simulatedHours: Math.round(sum((each) => each.simulatedMs) / 3_600_000),
    tookMs: Math.round(tookMs),
    traceHash: createHash("sha256")
      .update(results.map(({ traceHash }) => traceHash).join())
      .digest("hex")
      .slice(0, 16),
    tooQuiet,
  };
}

function quiet(seeds: number, faults: number, jobs: number, succeeded: number): string | null {
  if (faults < seeds * MINIMUM_FAULTS_PER_SEED) return `only ${faults} faults in ${seeds} seeds`;
  if (succeeded < jobs * MINIMUM_SUCCESS_SHARE) return `only ${succeeded} of ${jobs} jobs succeeded`;
  return null;
}

export function printRun(results: readonly SeedResult[], summary: Summary, say: (line: string) => void): void {
  for (const { seed, violations, trace } of results) {
    if (violations.length === 0) continue;
    say(`\nSeed ${seed} broke ${violations.length} promises:`);
    for (const { subject, what } of violations.slice(0, 5)) say(`  ${subject}: ${what}`);
    say("  the last of what happened:");
    for (const line of trace) say(`    ${line}`);
    say(`  again: npm run simulate -- --seed ${seed}`);
  }
  const kinds = Object.entries(summary.faults).toSorted(([, a], [, b]) => b - a);
  say(`\nfaults: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(", ")}`);
  say(
    `${summary.seeds} seeds, ${summary.faultTotal} faults, ${summary.succeeded} of ${summary.jobs} jobs succeeded, ` +
      `${summary.acknowledged} reports acknowledged, ${summary.simulatedHours} h simulated in ${(summary.tookMs / 1000).toFixed(1)} s`,
  );
  say(`trace ${summary.traceHash}`);
  if (summary.tooQuiet !== null) say(`too quiet to count: ${summary.tooQuiet}`);
  say(
    summary.failed.length === 0
      ? "every promise was kept"
      : `${summary.failed.length} seeds failed: ${summary.failed.join(", ")}`,
  );
}
