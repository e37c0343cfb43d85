/** The built Worker under `wrangler dev`, to be killed: its state stays in one folder from one life to the next. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildStatic, ROOT, WRANGLER_ENV } from "../../../local/build.ts";
import { LOOPBACK } from "../../../local/ports.ts";
import { SECRETS } from "../../support/secrets.ts";
import { until } from "../../support/local-stack.ts";
import { descendants } from "../../support/processes.ts";

const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
/** The two scripts of a deployment. */
const CONFIGURATIONS = { main: "wrangler.toml", inspector: "workers/inspector/wrangler.toml" } as const;
type Script = keyof typeof CONFIGURATIONS;

/** A restart takes 0.5 to 2 s on an idle machine; what takes longer than this has failed even on a busy one. */
const RESTART_LIMIT_MS = 90_000;

export class DevServer {
  readonly baseUrl: string;
  readonly #dir: string;
  readonly #port: number;
  #wrangler: ChildProcess | null = null;

  readonly #environment: NodeJS.ProcessEnv;

  /** All that is written goes to `dir`: what a killed process leaves behind goes with it. */
  constructor(dir: string, port: number) {
    this.#dir = dir;
    this.#port = port;
    this.baseUrl = `http://${LOOPBACK}:${port}`;
    this.#environment = { ...process.env, ...WRANGLER_ENV, ...SECRETS, TMPDIR: join(dir, "tmp") };
  }

  /** Bundles both scripts exactly as a deployment would, each beside a copy of its configuration. */
  async build(): Promise<void> {
    await mkdir(join(this.#dir, "tmp"));
    await buildStatic();
    await this.#bundle("main");
    await this.#bundle("inspector");
    await symlink(join(ROOT, "dist"), join(this.#dir, "main/dist"));
  }

  async #bundle(script: Script): Promise<void> {
    const config = join(ROOT, CONFIGURATIONS[script]);
    const folder = join(this.#dir, script);
    const args = ["deploy", "--dry-run", "--env=", "--outdir", join(folder, "bundle"), "--config", config];
    await promisify(execFile)(process.execPath, [WRANGLER, ...args], { cwd: ROOT, env: this.#environment });
    const sources = await readFile(config, "utf8");
    const built = sources.replace(/^main = ".*"$/m, 'main = "bundle/index.js"\nno_bundle = true');
    await writeFile(join(folder, "wrangler.toml"), built);
  }

  /** Starts the scripts in one process; resolves when requests are answered. */
  async start(...scripts: readonly Script[]): Promise<void> {
    const configs = scripts.flatMap((script) => ["-c", join(this.#dir, script, "wrangler.toml")]);
    const ports = ["--ip", LOOPBACK, "--port", String(this.#port), "--inspector-port", "0"];
    const state = ["--persist-to", join(this.#dir, "state"), "--var", `PUBLIC_ORIGIN:${this.baseUrl}`];
    const args = ["dev", "--local", "--log-level", "warn", ...configs, ...ports, ...state];
    const log = openSync(join(this.#dir, "wrangler.log"), "a");
    this.#wrangler = spawn(process.execPath, [WRANGLER, ...args], {
      cwd: this.#dir,
      detached: true, // A group of its own, so that one signal reaches all of it.
      stdio: ["ignore", log, log],
      env: this.#environment,
    });
    closeSync(log);
    await this.ready();
  }

  /** Resolves when requests are answered (again); rejects when that takes too long. */
  async ready(): Promise<void> {
    const deadline = performance.now() + RESTART_LIMIT_MS;
    await until(async () => {
      if (performance.now() > deadline) throw new Error(`The Worker is not back after ${RESTART_LIMIT_MS} ms`);
      const signal = AbortSignal.timeout(2_000);
      const reply = await fetch(`${this.baseUrl}/health`, { signal }).catch(() => null);
      await reply?.body?.cancel();
      return reply?.ok === true ? reply : null;
    }, 50);
  }

  /** Kills the launcher, workerd and all else of the group at the same instant. */
  async killAll(): Promise<void> {
    const wrangler = this.#wrangler;
    if (wrangler?.pid === undefined) return;
    this.#wrangler = null;
    const ended = new Promise((resolve) => wrangler.once("exit", resolve));
    process.kill(-wrangler.pid, "SIGKILL");
    await ended;
  }

  /** Kills the workerd that runs the Worker; the launcher, alive, starts another. */
  killWorkerd(): void {
    process.kill(this.#workerdPid(), "SIGKILL");
  }

  /** Holds workerd still for a while: requests wait, time goes on. */
  async pauseWorkerd(durationMs: number): Promise<void> {
    const pid = this.#workerdPid();
    process.kill(pid, "SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, durationMs));
    process.kill(pid, "SIGCONT");
  }

  /** What the Worker itself complained about, each once: for the reader of a failed run. */
  async complaints(): Promise<string[]> {
    const lines = (await readFile(join(this.#dir, "wrangler.log"), "utf8")).split("\n");
    const own = lines.filter((line) => line.includes("ERROR") && !line.includes("ProxyWorker"));
    return [...new Set(own)].slice(-20);
  }

  /** The launcher runs two: the other one listens on the public port and passes requests on. */
  #workerdPid(): number {
    const workerd = descendants(this.#wrangler?.pid ?? 0).filter(({ command }) => command.includes("workerd serve"));
    const own = workerd.filter(({ command }) => !command.includes(`entry=${LOOPBACK}:${this.#port} `));
    if (own[0] === undefined || own.length > 1) throw new Error(`${own.length} processes run the Worker`);
    return own[0].pid;
  }
}
