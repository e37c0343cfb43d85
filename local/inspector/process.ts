/**
 * Runs the built inspector under its supervisor.
 *
 *     node local/inspector/process.ts --port N --bundle DIR [--health-timeout-ms 8000]
 *
 * Prints `{"event":"ready","port":N}` when it answers. Ends, with its workerd, on SIGTERM and SIGINT and when its
 * parent goes away (standard input closes, or another process has become the parent); with code 3 when the port is taken.
 */
import { parseArgs } from "node:util";
import { findPort } from "../ports.ts";
import { Supervisor } from "./supervisor.ts";

const PORT_TAKEN = 3;
const PARENT_CHECK_MS = 1000;
/** Ten times the slowest inspection of the corpus. */
const HEALTH_TIMEOUT_MS = "8000";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    bundle: { type: "string" },
    "health-timeout-ms": { type: "string", default: HEALTH_TIMEOUT_MS },
  },
});
const port = Number(values.port);
if (!Number.isInteger(port) || values.bundle === undefined) {
  process.stderr.write("usage: process.ts --port N --bundle DIR\n");
  process.exit(2);
}
if ((await findPort(port)) === null) {
  process.stderr.write(`Port ${port} is taken by another program.\n`);
  process.exit(PORT_TAKEN);
}

const say = (event: string, fields: Readonly<Record<string, number>>): void => {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
};

const supervisor = new Supervisor({
  port,
  bundleDir: values.bundle,
  healthTimeoutMs: Number(values["health-timeout-ms"]),
  onRestart: (restarts) => say("restarted", { port, restarts }),
});

let isEnding = false;
const end = (): void => {
  if (isEnding) return;
  isEnding = true;
  supervisor.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
};
process.once("SIGTERM", end);
process.once("SIGINT", end);
process.stdin.once("end", end).once("error", end).resume();
process.stdout.on("error", end);
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) end();
}, PARENT_CHECK_MS).unref();

await supervisor.start();
say("ready", { port });
