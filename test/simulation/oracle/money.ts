/** What a job used is counted once, at its tenant, and is the time of its attempts. */
import type { DurableSql } from "../platform/durable-sql.ts";
import { attemptSpans } from "./job-course.ts";
import type { Entry } from "./journal.ts";

export type Settled = { readonly job_id: string; readonly day: string; readonly compute_ms: number };

/** Nothing when the tenant never had anything to keep. */
export function settlementsOf(sql: DurableSql | undefined): Settled[] {
  return sql === undefined || !hasTable(sql, "settlements")
    ? []
    : sql.look<Settled>("SELECT job_id, day, compute_ms FROM settlements");
}

export function judgeSettlement(jobId: string, entries: readonly Entry[], settled: readonly Settled[]): string[] {
  const own = settled.filter(({ job_id: id }) => id === jobId);
  const spans = attemptSpans(entries);
  const wanted = spans.reduce((sum, { startedAtMs, endedAtMs }) => sum + (endedAtMs ?? startedAtMs) - startedAtMs, 0);
  if (spans.length === 0) return own.length === 0 ? [] : ["it was settled and never ran"];
  if (own.length !== 1) return [`it was settled ${own.length} times`];
  const computeMs = own[0]?.compute_ms ?? 0;
  return computeMs === wanted ? [] : [`it was settled with ${computeMs} ms and used ${wanted} ms`];
}

/** The days' sums are those of the settlements. */
export function judgeSums(sql: DurableSql | undefined): string[] {
  if (sql === undefined || !hasTable(sql, "usage")) return [];
  const days = sql.look<{ day: string; jobs: number; compute_ms: number }>("SELECT * FROM usage ORDER BY day");
  const settled = settlementsOf(sql);
  const faults: string[] = [];
  for (const { day, jobs, compute_ms: computeMs } of days) {
    const own = settled.filter((each) => each.day === day);
    const sum = own.reduce((total, each) => total + each.compute_ms, 0);
    if (own.length !== jobs || sum !== computeMs) {
      faults.push(`${day} counts ${jobs} jobs of ${computeMs} ms, settled are ${own.length} of ${sum} ms`);
    }
  }
  const counted = days.reduce((sum, { jobs }) => sum + jobs, 0);
  if (counted !== settled.length) faults.push(`${settled.length} jobs are settled, ${counted} are counted`);
  return faults;
}

const hasTable = (sql: DurableSql, name: string): boolean =>
  sql.look("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name).length > 0;
