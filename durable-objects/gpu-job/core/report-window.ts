/**
 * Puts the reports of one attempt in order. Pure.
 *
 * W1 Reports are applied in order of `seq`, each once, without a gap.
 * W2 A report above the next one is held until the gap closes; a bounded number is held.
 */
import type { Report } from "../../../shared/contracts/agent.ts";

/** Enough for every report of a busy minute; a gap that big means that the missing one is not coming by itself. */
export const MAXIMUM_HELD = 256;

export type Window = {
  /** Highest number applied; 0 at the beginning. */
  readonly applied: number;
  /** Held reports, by number. */
  readonly held: ReadonlyMap<number, Report>;
};

export type Admission = {
  readonly apply: readonly Report[];
  /** Newly held. */
  readonly hold: readonly Report[];
  /** Numbers of held reports that are applied with this batch. */
  readonly release: readonly number[];
  readonly duplicates: number;
  readonly applied: number;
  /** Refuses the batch as a whole: nothing of it is kept. */
  readonly overflow: boolean;
};

export function admitReports(window: Window, batch: readonly Report[]): Admission {
  const fresh = new Map<number, Report>();
  let duplicates = 0;
  for (const report of batch) {
    if (report.seq <= window.applied || window.held.has(report.seq) || fresh.has(report.seq)) duplicates += 1;
    else fresh.set(report.seq, report);
  }
  const apply: Report[] = [];
  const release: number[] = [];
  let applied = window.applied;
  for (;;) {
    const next = applied + 1;
    const report = fresh.get(next) ?? window.held.get(next);
    if (report === undefined) break;
    if (!fresh.delete(next)) release.push(next);
    apply.push(report);
    applied = next;
  }
  const hold = [...fresh.values()];
  const overflow = window.held.size - release.length + hold.length > MAXIMUM_HELD;
  return { apply, hold, release, duplicates, applied, overflow };
}
