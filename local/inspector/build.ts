/** Builds the inspector's bundle the way a deployment would, offline. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
const OFFLINE = { CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false", CI: "1" };

/** Writes `worker.js` into `outDir`; throws with the build's output when it fails. */
export async function buildInspector(outDir: string): Promise<void> {
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  const config = join(import.meta.dirname, "wrangler.toml");
  const args = [wrangler, "deploy", "--dry-run", "--env=", "--outdir", outDir, "--config", config];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...OFFLINE } });
}
