/** The moonshot, as a table per provider. */
import type { Moonshot } from "./moonshot.ts";

export function printMoonshot({ rows, ...rest }: Moonshot, say: (line: string) => void): void {
  const head = [
    "provider",
    "retention min",
    "jobs",
    "stored",
    "ran twice",
    "calls mean",
    "calls max",
    "retention used",
  ];
  const table = rows.map((row) => [
    row.provider,
    String(row.retentionMinutes),
    String(row.jobs),
    String(row.stored),
    String(row.ranTwice),
    String(row.statusCallsMean),
    String(row.statusCallsMax),
    `${(row.retentionUsedMax * 100).toFixed(1)} %`,
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...table.map((cells) => cells[column]?.length ?? 0)),
  );
  for (const cells of [head, ...table]) say(cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  const stored = rows.reduce((sum, row) => sum + row.stored, 0);
  const jobs = rows.reduce((sum, row) => sum + row.jobs, 0);
  say(
    `${stored} of ${jobs} results stored, ${rest.kills} kills of the control plane, ${rest.webhooksDropped} webhooks dropped, ` +
      `${rest.simulatedMinutes} min simulated, trace ${rest.traceHash}`,
  );
  for (const violation of rest.violations.slice(0, 10)) say(`  ${violation}`);
  say(rest.ok ? "every result was kept" : "NOT every promise was kept");
}
