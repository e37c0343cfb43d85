/**
 * A Worker bundle on workerd, watched from outside. Workerd never ends a Worker that loops, locally: while one does,
 * nothing else is answered. The watch asks `/health`; an answer that stays away ends that workerd with SIGKILL and
 * starts a fresh one on the same port. What was being probed is lost: the caller repeats it.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { LOOPBACK } from "../ports.ts";

type SupervisorOptions = {
  readonly port: number;
  /** Output folder of the build: holds `worker.js`. */
  readonly bundleDir: string;
  readonly healthTimeoutMs: number;
  /** Called after each restart, with their number so far. */
  readonly onRestart: (restarts: number) => void;
};

/** The same as in wrangler.toml. */
const COMPATIBILITY_DATE = "2026-10-20";
const HEALTH_INTERVAL_MS = 1000;
const RESTART_PAUSE_MS = 200;

/** One workerd on one port: `start` once, `stop` once. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  #miniflare: Miniflare | null = null;
  #watch: Promise<void> = Promise.resolve();
  #restarts = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Resolves when the Worker answers; throws when it cannot be started at all. */
  async start(): Promise<void> {
    await this.#run();
    this.#watch = this.#watchHealth();
  }

  /** Ends workerd, and the watch with it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watch;
    await this.#end();
  }

  async #run(): Promise<void> {
    const { port, bundleDir } = this.#options;
    const options = convertV4MiniflareOptions({
      host: LOOPBACK,
      port,
      cf: false,
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: ({ level, message }) => process.stderr.write(`${JSON.stringify({ level, message })}\n`),
      name: "aima-local-inspector",
      compatibilityDate: COMPATIBILITY_DATE,
      modulesRoot: bundleDir,
      modules: [{ type: "ESModule", path: join(bundleDir, "worker.js") }],
    });
    this.#miniflare = new Miniflare(options);
    await this.#miniflare.ready;
  }

  /** Disposing sends SIGKILL, which a looping Worker cannot hold up. */
  async #end(): Promise<void> {
    const ending = this.#miniflare;
    this.#miniflare = null;
    await ending?.dispose().catch(() => undefined);
  }

  async #watchHealth(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await pause(HEALTH_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted || (await this.#isHealthy())) continue;
      if (signal.aborted) return;
      await this.#end();
      await pause(RESTART_PAUSE_MS);
      try {
        await this.#run();
        this.#restarts += 1;
        this.#options.onRestart(this.#restarts);
      } catch (error) {
        process.stderr.write(`${JSON.stringify({ event: "restart_failed", error: String(error) })}\n`);
      }
    }
  }

  async #isHealthy(): Promise<boolean> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(this.#options.healthTimeoutMs)]);
    try {
      const reply = await fetch(`http://${LOOPBACK}:${this.#options.port}/health`, { signal });
      await reply.arrayBuffer();
      return reply.ok;
    } catch {
      // Refused or out of time: both mean that the Worker answers nobody.
      return false;
    }
  }
}
