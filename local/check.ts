/** `npm run check`: everything that can be said about the code without running it. Prints a line and a time per task. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readLicences } from "./licences.ts";
import { buildStatic, ROOT, WRANGLER_ENV } from "./build.ts";

type Outcome = { readonly ok: boolean; readonly output: string };

function run(command: string, args: readonly string[], cwd = ROOT): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(join(ROOT, "node_modules/.bin", command), args, {
      cwd,
      env: { ...process.env, ...WRANGLER_ENV, NO_COLOR: "1" },
    });
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output += data.toString()));
    child.once("error", (error) => resolve({ ok: false, output: String(error) }));
    child.once("exit", (code) => resolve({ ok: code === 0, output }));
  });
}

/** Builds for one environment without deploying, and prints what would be uploaded. */
async function dryRun(config: string, environment: string): Promise<Outcome> {
  const outdir = await mkdtemp(join(tmpdir(), "aima-check-"));
  try {
    const built = await run("wrangler", [
      "deploy",
      "--dry-run",
      `--env=${environment}`,
      "--outdir",
      outdir,
      "--config",
      config,
    ]);
    if (!built.ok) return built;
    const bytes = await readFile(join(outdir, "index.js"));
    const kib = (size: number): string => `${Math.round(size / 1024)} KiB`;
    return { ok: true, output: `bundle ${kib(bytes.length)}, gzip ${kib(gzipSync(bytes).length)}` };
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

async function licences(): Promise<Outcome> {
  const { counts, unknown } = readLicences(ROOT);
  const list = [...counts].toSorted(([, a], [, b]) => b - a).map(([licence, count]) => `${licence} ${count}`);
  return unknown.length === 0
    ? { ok: true, output: `list ${list.join(", ")}` }
    : { ok: false, output: unknown.join("\n") };
}

const INSPECTOR = "workers/inspector/wrangler.toml";
const TASKS: readonly (readonly [name: string, task: () => Promise<Outcome>])[] = [
  ["types of the Workers", () => run("tsc", ["-p", "tsconfig.json"])],
  ["types of the programs", () => run("tsc", ["-p", "tsconfig.node.json"])],
  ["lint", () => run("oxlint", ["--type-aware", "--deny-warnings"])],
  ["purity of core", () => run("tsc", ["-p", "tsconfig.core.json"])],
  ["format", () => run("oxfmt", ["--check", "."])],
  ["unused", () => run("knip", [])],
  ["generated types", () => run("wrangler", ["types", "--env-interface", "Env", "--check"])],
  ["licences", licences],
  ["OpenAPI drift", () => run("node", ["local/openapi.ts", "--check"])],
  ["SDK types drift", () => run("node", ["clients/sdk/check-generated.ts"])],
  ...["", "staging", "production"].flatMap((environment) => [
    [`deploy main ${environment || "default"}`, () => dryRun("wrangler.toml", environment)] as const,
    [`deploy inspector ${environment || "default"}`, () => dryRun(INSPECTOR, environment)] as const,
  ]),
];

const started = performance.now();
await buildStatic();
let failed = 0;
const waiting = [...TASKS];

/** Two lanes for two cores. */
async function lane(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [name, task] = next;
    const begun = performance.now();
    const { ok, output } = await task();
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    if (!ok) failed += 1;
    const note = !ok ? `\n${output.trim()}` : /^(bundle|list) /.test(output) ? `  ${output}` : "";
    console.log(`${ok ? "ok    " : "FAILED"} ${name} (${seconds} s)${note}`);
  }
}
await Promise.all([lane(), lane()]);
console.log(
  `${TASKS.length - failed} of ${TASKS.length} checks passed in ${((performance.now() - started) / 1000).toFixed(0)} s`,
);
process.exit(failed === 0 ? 0 : 1);
