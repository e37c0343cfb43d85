/** Builds the Workers that local mode runs, exactly as a deployment would, and the static files they serve. */
import { execFile } from "node:child_process";
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const ROOT = join(import.meta.dirname, "..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** Where the Worker with this configuration is built to. */
export const bundleDir = (name: string): string => join(ROOT, "dist", name);

/** Keeps the tool offline and silent. */
export const WRANGLER_ENV = { CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false", CI: "1" };

async function bundle(configPath: string, name: string): Promise<void> {
  const args = [
    WRANGLER,
    "deploy",
    "--dry-run",
    "--env=",
    "--outdir",
    bundleDir(name),
    "--config",
    join(ROOT, configPath),
  ];
  await run(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...WRANGLER_ENV } });
}

/** Swagger UI, served by the Worker under /docs/assets/: no page ever loads anything from elsewhere. */
export async function buildStatic(): Promise<void> {
  const source = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  const target = join(ROOT, "dist/public/docs/assets");
  await mkdir(target, { recursive: true });
  for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"]) await copyFile(join(source, file), join(target, file));
}

export async function buildAll(): Promise<void> {
  await buildStatic();
  await Promise.all([
    bundle("wrangler.toml", "main"),
    bundle("local/relay/wrangler.toml", "relay"),
    bundle("local/inspector/wrangler.toml", "inspector"),
  ]);
}

if (import.meta.main) await (process.argv.includes("--static") ? buildStatic() : buildAll());
