/**
 * The whole system over the public corpus: `node test/corpus/system.ts [--verbose] [--json FILE] [CORPUS]`. Runs
 * `npm start -- --once` on its files, then prints how every file ended and how far the metadata agrees with the truth
 * that other programs found. Ends with 1 when a core file is not `analysed` or a hostile one has no reason.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { findPort } from "../../local/ports.ts";
import type { Outcome } from "../../local/demo/outcome.ts";
import { compare, readManifest } from "./truth.ts";

const ROOT = join(import.meta.dirname, "../..");
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: "boolean", default: false }, json: { type: "string" } },
});
const corpus = resolve(positionals[0] ?? join(ROOT, "../shared/corpus"));

if (!existsSync(join(corpus, "manifest.jsonl"))) {
  console.log(`The corpus is not there (${corpus}): nothing was checked.`);
  process.exit(0);
}
const manifest = readManifest(corpus);
const dataDir = await mkdtemp(join(tmpdir(), "aima-corpus-"));
const outFile = join(dataDir, "outcome.json");
const port = await findPort(0);
const startedAt = performance.now();
const launcher = spawn(
  process.execPath,
  [
    join(ROOT, "local/start.ts"),
    "--once",
    "--json",
    outFile,
    "--port",
    String(port),
    "--data",
    dataDir,
    "--media",
    ...manifest.map(({ path }) => join(corpus, path)),
  ],
  { stdio: ["ignore", "ignore", "inherit"] },
);
await new Promise((ended) => launcher.once("exit", ended));
const seconds = (performance.now() - startedAt) / 1000;
const outcome = JSON.parse(await readFile(outFile, "utf8")) as Outcome;
const byPath = new Map(outcome.assets.map((asset) => [asset.path, asset]));

const byName = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].toSorted(([a], [b]) => a.localeCompare(b));

const statuses = new Map<string, number>();
const fields = new Map<string, { agree: number; total: number; off: string[] }>();
const wrong: string[] = [];
for (const entry of manifest) {
  const asset = byPath.get(join(corpus, entry.path));
  const status = asset?.status ?? "missing";
  const key = `${entry.tier} ${entry.kind} ${status}`;
  statuses.set(key, (statuses.get(key) ?? 0) + 1);
  const why = asset?.reason === undefined ? "" : `${asset.reason.code}: ${asset.reason.detail}`;
  if (entry.tier === "core" && status !== "analysed") wrong.push(`core ${status} ${entry.path} ${why}`);
  if (entry.tier === "hostile" && (status === "missing" || (status !== "analysed" && why === "")))
    wrong.push(`hostile ${status} ${entry.path}`);
  if (asset === undefined || entry.truth === null) continue;
  for (const [field, verdict] of Object.entries(compare(entry.truth, asset.metadata))) {
    const name = `${entry.kind}.${field}`;
    const tally = fields.get(name) ?? { agree: 0, total: 0, off: [] };
    tally.total += 1;
    if (verdict === "agree") tally.agree += 1;
    else tally.off.push(entry.path);
    fields.set(name, tally);
  }
}

console.log(`\n${manifest.length} files in ${seconds.toFixed(0)} s`);
for (const [key, count] of byName(statuses)) console.log(`  ${key}: ${count}`);
console.log("\nAgreement with the oracles, per field");
for (const [name, { agree, total }] of byName(fields))
  console.log(`  ${name}: ${agree}/${total} (${Math.round((100 * agree) / total)} %)`);
for (const line of wrong) console.log(`WRONG ${line}`);
if (flags.verbose) for (const [name, { off }] of fields) for (const path of off) console.log(`off ${name} ${path}`);
if (flags.json !== undefined) await copyFile(outFile, flags.json);
await rm(dataDir, { recursive: true, force: true });
process.exit(wrong.length === 0 ? 0 : 1);
