/** Bundles the Workers of the bench with the tool of a deployment. */
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { readDeployment } from "./deployment.ts";
import { bundleDir, ROOT, WRANGLER_ENV } from "../local/build.ts";

const run = promisify(execFile);

export type Bundle = { readonly dir: string; readonly modules: readonly string[]; readonly compatibilityDate: string };

/** `entry` and `config` are relative to the repository. The first module is the entry. */
export async function bundleWorker(
  name: string,
  entry: string,
  config: string,
  compatibilityDate: string = readDeployment().compatibilityDate,
): Promise<Bundle> {
  const dir = bundleDir(`bench-${name}`);
  const args = [
    join(ROOT, "node_modules/wrangler/bin/wrangler.js"),
    "deploy",
    join(ROOT, entry),
    "--dry-run",
    "--outdir",
    dir,
    "--config",
    join(ROOT, config),
    "--compatibility-date",
    compatibilityDate,
  ];
  await run(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...WRANGLER_ENV } });
  const main = `${entry.split("/").at(-1)?.replace(/\.ts$/, "") ?? ""}.js`;
  const files = await readdir(dir);
  const others = files.filter((file) => file.endsWith(".wasm"));
  if (!files.includes(main)) throw new Error(`${dir} has no ${main}`);
  return { dir, modules: [main, ...others], compatibilityDate };
}
