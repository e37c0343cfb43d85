/**
 * Runs the built main Worker (and the relay of the queue `inspect`) on workerd, with its state in `--data`. Prints
 * `{"event":"ready"}` when it answers; ends with code 3 when the port is taken, with code 1 when workerd is gone (the
 * launcher starts it again), and quietly when its parent goes away.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundleDir } from "../build.ts";
import { findPort, LOOPBACK } from "../ports.ts";
import { configuredWorker } from "./configured-worker.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    data: { type: "string" },
    inspector: { type: "string" },
    database: { type: "string" },
    neon: { type: "string" },
  },
});

const PORT_TAKEN = 3;
const CRON = "*/5 * * * *";
const CRON_MS = 5 * 60_000;
const port = Number(values.port);

const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

if ((await findPort(port)) === null) {
  process.stderr.write(`Port ${port} is taken by another program.\n`);
  process.exit(PORT_TAKEN);
}

const origin = `http://${LOOPBACK}:${port}`;
const SIGNING_KEYS = setting("SIGNING_KEYS");

/** Of identity providers, by the names that `OIDC_PROVIDERS` gives them; wrangler reads no secret that is not declared. */
const clientSecrets = Object.fromEntries(
  Object.entries(process.env).filter(
    (each): each is [string, string] => each[0].startsWith("OIDC_SECRET_") && each[1] !== undefined,
  ),
);

const options = convertV4MiniflareOptions({
  host: LOOPBACK,
  port,
  cf: false,
  log: new Log(LogLevel.WARN),
  handleStructuredLogs: ({ level, message }) => void process.stderr.write(`${JSON.stringify({ level, message })}\n`),
  workers: [
    configuredWorker("wrangler.toml", "aima", `${bundleDir("main")}/index.js`, {
      PUBLIC_ORIGIN: origin,
      NEON_LOCAL: values.neon ?? "",
      DATABASE_URL: setting("DATABASE_URL"),
      SIGNING_KEYS,
      AGENT_TOKEN: setting("AGENT_TOKEN"),
      BOOTSTRAP_SECRET: setting("BOOTSTRAP_SECRET"),
      ACCESS_TOKEN_KEYS: setting("ACCESS_TOKEN_KEYS"),
      ENCRYPTION_KEYS: setting("ENCRYPTION_KEYS"),
      ...clientSecrets,
    }),
    configuredWorker("local/relay/wrangler.toml", "aima-inspect-relay", `${bundleDir("relay")}/worker.js`, {
      INSPECTOR_URL: values.inspector ?? "",
      PUBLIC_ORIGIN: origin,
      SIGNING_KEYS,
    }),
  ],
});

const miniflare = new Miniflare({
  ...options,
  unsafeTriggerHandlers: true,
  resourcePersistencePath: values.data ?? ".aima/workers",
});
await miniflare.ready;

/** The workerd that Miniflare started: our only child with that name. Null where the system has no /proc. */
function workerdPid(): number | null {
  if (!existsSync("/proc/self/stat")) return null;
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return pids.map(Number).find(isOurWorkerd) ?? null;
}

function isOurWorkerd(pid: number): boolean {
  try {
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return name === "workerd" && Number(parent) === process.pid;
  } catch {
    return false; // The process ended while we looked.
  }
}

let ending = false;
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  await miniflare.dispose().catch(() => undefined);
  process.exit(code);
}

let failures = 0;
setInterval(() => {
  fetch(`${origin}/health`, { signal: AbortSignal.timeout(5_000) })
    .then((reply) => reply.arrayBuffer())
    .then(() => (failures = 0))
    .catch(() => {
      failures += 1;
      if (failures >= 3) void end(1);
    });
}, 1_000);

setInterval(() => {
  fetch(`${origin}/cdn-cgi/local/scheduled?cron=${encodeURIComponent(CRON)}`)
    .then((reply) => reply.arrayBuffer())
    .catch((error: unknown) =>
      process.stderr.write(`${JSON.stringify({ event: "cron_failed", error: String(error) })}\n`),
    );
}, CRON_MS);

process.once("SIGTERM", () => void end(0));
process.once("SIGINT", () => void end(0));
process.stdin.once("end", () => void end(0)).resume();
process.stdout.write(`${JSON.stringify({ event: "ready", port, pid: process.pid, workerdPid: workerdPid() })}\n`);
