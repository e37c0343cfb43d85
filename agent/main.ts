/** `node agent/main.ts`: an agent of one pool, configured by its environment. Ends with 0, or 1 when it cannot work. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { NotAuthorized, PoolClient } from "./client.ts";
import { type AgentConfig, readConfig } from "./config.ts";
import { runAttempt } from "./attempt.ts";
import { cpuEngine } from "./engines/cpu/index.ts";
import { leaseLoop } from "./lease-loop.ts";
import { logToStderr as log } from "./log.ts";

const VERSION = "0.1.0";
const PARENT_CHECK_MS = 500;
/** After a stop signal the process is gone within this time, whatever hangs. */
const STOP_WITHIN_MS = 4500;

async function runAgent(config: AgentConfig): Promise<void> {
  const stopping = new AbortController();
  const stop = (cause: string): void => {
    if (stopping.signal.aborted) return;
    log("stopping", { cause });
    stopping.abort();
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  if (config.exitWithParent) watchParent(stop);

  // What an earlier life of this agent left when it was killed.
  const scratchDir = join(config.scratchDir, config.agentId);
  await rm(scratchDir, { recursive: true, force: true });

  const client = new PoolClient(config, log);
  const register = (): Promise<unknown> =>
    client.register(
      {
        agentId: config.agentId,
        version: VERSION,
        engines: [{ name: cpuEngine.name, operations: [...cpuEngine.operations] }],
        concurrency: config.concurrency,
      },
      stopping.signal,
    );
  try {
    await register();
    process.stdout.write(`${JSON.stringify({ event: "ready", agentId: config.agentId })}\n`);
    log("registered", { agentId: config.agentId, concurrency: config.concurrency });
    const loop = (): Promise<void> =>
      leaseLoop({
        agentId: config.agentId,
        client,
        signal: stopping.signal,
        register,
        work: (lease) =>
          runAttempt(lease, {
            agentId: config.agentId,
            scratchDir,
            limits: config.limits,
            engineModule: new URL("./engines/cpu/index.ts", import.meta.url).href,
            passes: cpuEngine.passes,
            log,
            preemption: stopping.signal,
          }),
      });
    await Promise.all(Array.from({ length: config.concurrency }, loop));
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}

/** An orphan is adopted by another process: its parent's id changes. */
function watchParent(stop: (cause: string) => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop("parent_gone");
  }, PARENT_CHECK_MS).unref();
}

const reading = readConfig(process.env);
if (!reading.ok) {
  for (const problem of reading.problems) log("configuration_refused", { problem });
  process.exit(1);
}
try {
  await runAgent(reading.config);
  log("stopped");
  process.exit(0);
} catch (error) {
  log("fatal", { detail: error instanceof NotAuthorized ? error.message : String(error) });
  process.exit(1);
}
