/**
 * One supervised child process. It is started again when it ends by itself, with growing pauses; it is ended with
 * everything it started when the launcher ends. Children watch their standard input too: when the launcher is killed
 * without a word, the pipe closes and they end.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { createInterface } from "node:readline";

export type ChildSpec = {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Exit codes that no restart can mend (a port that is taken). */
  readonly fatalCodes: readonly number[];
};

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
const GRACE_MS = 5_000;
/** Ends before it was ever ready: more tries would only hide why. */
const START_TRIES = 2;

export class Child {
  readonly #spec: ChildSpec;
  readonly #log: WriteStream;
  readonly #onFatal: (message: string) => void;
  #process: ChildProcess | null = null;
  #stopping = false;
  #pauseMs = FIRST_PAUSE_MS;
  #startedAt = 0;
  #restarts = 0;
  /** The workerd that the child started, 0 for none: it outlives a child that is killed, and holds its port. */
  #runtimePid = 0;
  #onStartFailed: (() => void) | null = null;

  constructor(spec: ChildSpec, onFatal: (message: string) => void) {
    this.#spec = spec;
    this.#onFatal = onFatal;
    this.#log = createWriteStream(spec.logFile, { flags: "a" });
  }

  get name(): string {
    return this.#spec.name;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Resolves when the child has said `{"event":"ready"}` for the first time. */
  start(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${this.name} ${why}; see ${this.#spec.logFile}`));
      const timer = setTimeout(() => fail(`was not ready within ${timeoutMs / 1000} s`), timeoutMs);
      this.#onStartFailed = () => {
        clearTimeout(timer);
        fail("did not start");
      };
      this.#spawn(() => {
        clearTimeout(timer);
        this.#onStartFailed = null;
        resolve();
      });
    });
  }

  /** From here on the child is not started again: Ctrl-C reaches every process of the terminal at once. */
  retire(): void {
    this.#stopping = true;
  }

  async stop(): Promise<void> {
    this.retire();
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
      child.stdin?.end();
      child.kill("SIGTERM");
    });
  }

  #spawn(onReady: () => void): void {
    const { args, env } = this.#spec;
    this.#startedAt = Date.now();
    const child = spawn(process.execPath, [...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#process = child;
    child.stdin.on("error", () => undefined); // The child is gone; its exit says so.
    child.stderr.pipe(this.#log, { end: false });
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith('{"event":"ready"')) {
        this.#runtimePid = Number(/"workerdPid":(\d+)/.exec(line)?.[1] ?? 0);
        onReady();
      }
      this.#log.write(`${line}\n`);
    });
    child.once("exit", (code, signal) => this.#ended(code, signal, onReady));
  }

  #endRuntime(): void {
    if (this.#runtimePid === 0) return;
    try {
      process.kill(this.#runtimePid, "SIGKILL");
    } catch {
      // It has ended with the child, as it should.
    }
    this.#runtimePid = 0;
  }

  #ended(code: number | null, signal: string | null, onReady: () => void): void {
    this.#endRuntime();
    if (this.#stopping) return;
    if (code !== null && this.#spec.fatalCodes.includes(code)) {
      this.#onFatal(`${this.name} cannot run (exit code ${code}); see ${this.#spec.logFile}`);
      return;
    }
    this.#log.write(`${JSON.stringify({ event: "ended", child: this.name, code, signal })}\n`);
    this.#restarts += 1;
    if (this.#onStartFailed !== null && this.#restarts >= START_TRIES) {
      this.#stopping = true;
      this.#onStartFailed();
      return;
    }
    if (Date.now() - this.#startedAt > 30_000) this.#pauseMs = FIRST_PAUSE_MS;
    setTimeout(() => {
      if (!this.#stopping) this.#spawn(onReady);
    }, this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
