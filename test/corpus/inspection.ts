/**
 * Inspects every file of the corpus from disk and prints how far it agrees with the oracles.
 *
 *     node test/corpus/inspection.ts [corpusDir] [--json FILE] [--verbose]
 *
 * Without a corpus it says so and ends well: the corpus is not part of the project.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { agreementOf, type InspectedEntry, inspectEntry } from "./inspect-corpus.ts";
import { found, readManifest } from "./truth.ts";

function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function agreementTable(rows: readonly InspectedEntry[]): Record<string, Record<string, string>> {
  const table: Record<string, Record<string, string>> = {};
  for (const [key, { agree, all }] of agreementOf(rows)) {
    const [kind = "", field = ""] = key.split(".");
    table[kind] = { ...table[kind], [field]: `${agree}/${all}` };
  }
  return table;
}

function printDisagreements(rows: readonly InspectedEntry[]): void {
  for (const { entry, inspection, fields } of rows) {
    if (entry.tier === "core" && inspection.verdict !== "accepted") {
      console.log(
        `  ${entry.path}: ${inspection.verdict} ${inspection.reason?.code ?? ""} ${inspection.reason?.detail ?? ""}`,
      );
    }
    for (const [field, outcome] of Object.entries(fields)) {
      if (outcome === "agree") continue;
      const value = found(field, inspection.metadata);
      console.log(
        `  ${entry.path.slice(-70)}: ${field} ${outcome}: truth ${String(entry.truth?.[field])}, found ${String(value)}`,
      );
    }
  }
}

function summary(rows: readonly InspectedEntry[]): Record<string, unknown> {
  const bytes = rows.map(({ inspection }) => inspection.bytesRead);
  const [slowest] = rows.toSorted((a, b) => b.ms - a.ms);
  return {
    files: rows.length,
    agreement: agreementTable(rows),
    verdicts: Object.fromEntries(
      ["accepted", "rejected", "quarantined"].map((verdict) => [
        verdict,
        rows.filter(({ inspection }) => inspection.verdict === verdict).length,
      ]),
    ),
    bytesRead: { p50: percentile(bytes, 0.5), p95: percentile(bytes, 0.95), max: Math.max(...bytes) },
    over512KiB: rows.filter(({ inspection }) => inspection.bytesRead > 512 * 1024).length,
    rangeReadsMax: Math.max(...rows.map(({ inspection }) => inspection.rangeReads)),
    slowest: slowest === undefined ? null : { path: slowest.entry.path, ms: Math.round(slowest.ms) },
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string" }, verbose: { type: "boolean", default: false } },
  });
  const corpusDir = resolve(positionals[0] ?? join(import.meta.dirname, "../../../shared/corpus"));
  if (!existsSync(join(corpusDir, "manifest.jsonl"))) {
    console.log(`no corpus at ${corpusDir}: nothing measured`);
    return;
  }
  const rows: InspectedEntry[] = [];
  for (const entry of readManifest(corpusDir)) rows.push(await inspectEntry(corpusDir, entry));
  const result = summary(rows);
  console.dir(result, { depth: 4, compact: 6, breakLength: 140 });
  console.log("hostile files:");
  for (const { entry, inspection } of rows.filter((row) => row.entry.tier === "hostile")) {
    console.log(
      `  ${inspection.verdict.padEnd(11)} ${(inspection.reason?.code ?? "").padEnd(20)} ${inspection.contentType.padEnd(28)} ${entry.path.slice(-60)}`,
    );
  }
  if (values.verbose) printDisagreements(rows);
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      JSON.stringify(
        { ...result, rows: rows.map(({ entry, ...row }) => ({ path: entry.path, tier: entry.tier, ...row })) },
        null,
        1,
      ),
    );
}

await main();
