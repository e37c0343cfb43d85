/** The bench's findings as a person reads them. */
import { type Bill, billOf } from "./bill.ts";
import { rowsWritten } from "./counting.ts";
import type { Growth, LongJob } from "./growth.ts";
import type { ReportCost } from "./hot-path.ts";
import { DOLLARS_PER_OBJECT_HOUR } from "./prices.ts";
import type { Measured } from "./rounds.ts";

export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return rows.map(line).join("\n");
}

const fixed = (value: number, digits: number): string => value.toFixed(digits);
const ratio = (value: number): string => `${value.toFixed(2)}×`;

/** The first is the limit; the ratios are to it. */
export function roundsTable(measured: readonly Measured[]): string {
  const limit = measured[0]?.median;
  if (limit === undefined) return "";
  const head = [
    "",
    "jobs/s",
    "of bare",
    "report p50 ms",
    "of bare",
    "p99 ms",
    "of bare",
    "CPU ms/job",
    "of bare",
    "kB written/job",
    "RSS MB",
  ];
  const rows = measured.map(({ system, median }) => [
    system,
    fixed(median.jobsPerSecond, 1),
    ratio(median.jobsPerSecond / limit.jobsPerSecond),
    fixed(median.reportP50Ms, 2),
    ratio(median.reportP50Ms / limit.reportP50Ms),
    fixed(median.reportP99Ms, 2),
    ratio(median.reportP99Ms / limit.reportP99Ms),
    fixed(median.cpuMsPerJob, 2),
    ratio(median.cpuMsPerJob / limit.cpuMsPerJob),
    fixed(median.writtenKBPerJob, 0),
    fixed(median.residentMB, 0),
  ]);
  return table([head, ...rows]);
}

export function growthTable({ levels, dormant }: Growth): string {
  const head = ["open jobs", "CPU ms/job", "jobs/s", "report p50 ms", "RSS MB", "kB an object"];
  const rows = levels.map((level) => [
    String(level.open),
    fixed(level.cpuMsPerJob, 2),
    fixed(level.jobsPerSecond, 1),
    fixed(level.reportP50Ms, 2),
    fixed(level.residentMB, 0),
    fixed(level.residentKBPerObject, 0),
  ]);
  if (dormant === null) return table([head, ...rows]);
  return (
    `${table([head, ...rows])}\nAfter ${dormant.afterSeconds} s without a request: ${fixed(dormant.residentMB, 0)} MB; ` +
    `${dormant.again} more jobs take ${fixed(dormant.moreKBPerObject, 0)} kB each.`
  );
}

export function longJobsTable(jobs: readonly LongJob[]): string {
  const head = ["checkpoints in one job", "first: ms a report", "last", "growth", "first: CPU ms", "last", "growth"];
  const rows = jobs.map((job) => [
    String(job.checkpoints),
    fixed(job.firstMs, 2),
    fixed(job.lastMs, 2),
    ratio(job.lastMs / job.firstMs),
    fixed(job.firstCpuMs, 2),
    fixed(job.lastCpuMs, 2),
    ratio(job.lastCpuMs / job.firstCpuMs),
  ]);
  return table([head, ...rows]);
}

export function hotPathTable(costs: readonly ReportCost[]): string {
  const head = ["one report", "calls of the job", "other calls", "rows written", "rows read", "written by"];
  const rows = costs.map((cost) => [
    cost.kind,
    fixed(cost.callsPerReport, 2),
    fixed(cost.otherCallsPerReport, 2),
    fixed(cost.rowsWrittenPerReport, 1),
    fixed(cost.rowsReadPerReport, 1),
    writers(cost),
  ]);
  return table([head, ...rows]);
}

/** What a job adds while it only runs: a heartbeat every ten seconds. */
export function heartbeatNote(costs: readonly ReportCost[]): string {
  const heartbeat = costs.find(({ kind }) => kind === "heartbeat");
  if (heartbeat === undefined) return "";
  const { dollars } = billOf(heartbeat.counts, heartbeat.reports);
  return `A running job adds 360 heartbeats an hour: $${((dollars / 1000) * 360).toFixed(5)}.`;
}

/** Statements of the job itself that write, with the rows that one report makes them write. */
function writers({ counts, reports }: ReportCost): string {
  const statements = Object.entries(counts.statements)
    .filter(([name, each]) => name.startsWith("GpuJob: ") && each.rowsWritten > 0)
    .map(([name, each]) => `${name.slice("GpuJob: ".length)} ${fixed(each.rowsWritten / reports, 1)}`);
  const alarms = counts.alarmsSet["GpuJob"] ?? 0;
  return [...statements, ...(alarms > 0 ? [`alarm ${fixed(alarms / reports, 1)}`] : [])].join(", ");
}

export function billTable(what: string, bill: Bill, things: number): string {
  const head = [`1,000 ${what}`, "counted", "US dollars"];
  const rows = bill.lines.map((line) => [line.name, fixed(line.perThousand, 0), fixed(line.dollars, 5)]);
  const byClass = new Map<string, number>();
  for (const [name, { rowsWritten: written }] of Object.entries(bill.counts.statements)) {
    const key = name.replace(/: schema$/, ": making its tables").replace(/: [A-Z].*/, "");
    byClass.set(key, (byClass.get(key) ?? 0) + written);
  }
  const classes = [...byClass]
    .filter(([, written]) => written > 0)
    .map(([name, written]) => `${name} ${fixed(written / things, 1)}`);
  return (
    `${table([head, ...rows, ["together", "", fixed(bill.dollars, 5)]])}\n` +
    `rows written by each: ${fixed(rowsWritten(bill.counts) / things, 1)} (${classes.join(", ")}); ` +
    `database calls by each: ${fixed(bill.databaseCallsPerThousand / 1000, 1)}`
  );
}

export const DURATION_NOTE = `Not in the bill: the time objects are in memory, $${DOLLARS_PER_OBJECT_HOUR.toFixed(5)} an object and hour; what is stored; what each plan includes.`;
