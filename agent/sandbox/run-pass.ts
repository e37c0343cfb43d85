/** Runs one pass in a process of its own, and outlives whatever the input does to that process. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Reason } from "../../shared/contracts/media.ts";
import type { PassLimits } from "../config.ts";
import { FromChild, type Outcome, type ToChild } from "./messages.ts";
import { residentMemory } from "./resident-memory.ts";

export type PassRun = {
  /** URL of the module that exports the engine. */
  readonly engineModule: string;
  readonly run: ToChild & { type: "run" };
  readonly limits: PassLimits;
  /** Ends the process at once. */
  readonly signal: AbortSignal;
  /** What these promises stand for is durable when they resolve; a rejection ends the process. */
  onResult(step: string, outcome: Outcome): Promise<void>;
  onProgress(fraction: number, segment: number | null): void;
  onSave(state: unknown, nextSegment: number, fraction: number): Promise<void>;
};

/** `reason` is null when the pass came to its end by itself. */
export type PassEnd = { readonly reason: Reason | null; readonly peakMemoryBytes: number };

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const MEMORY_CHECK_MS = 100;
const KEPT_STDERR_CHARS = 4000;
/** Share of the memory that the script heap may take; the rest is for native libraries. */
const HEAP_SHARE = 0.5;
const OUT_OF_MEMORY_SIGNS = /heap out of memory|allocation failed|bad_alloc|Cannot enlarge memory|out of memory/i;

/** Never rejects because of the process; rejects with what a handler or `signal` rejected with. */
export async function runPass(pass: PassRun): Promise<PassEnd> {
  pass.signal.throwIfAborted();
  const child = startChild(pass.limits, pass.engineModule);
  const watch = new ChildWatch(child, pass);
  try {
    return await watch.ended;
  } finally {
    watch.stop();
  }
}

function startChild(limits: PassLimits, engineModule: string): ChildProcess {
  const heapMebibytes = Math.floor((limits.memoryBytes / 1024 / 1024) * HEAP_SHARE);
  const { PATH: path = "", HOME: home = "", TMPDIR: temporary = "/tmp", LANG: lang = "C.UTF-8" } = process.env;
  return fork(CHILD, [engineModule], {
    // Its own list: the agent's environment holds the pool token.
    env: { PATH: path, HOME: home, TMPDIR: temporary, LANG: lang, OMP_THREAD_LIMIT: "1" },
    execArgv: [`--max-old-space-size=${heapMebibytes}`, "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
}

class ChildWatch {
  readonly ended: Promise<PassEnd>;
  readonly #child: ChildProcess;
  readonly #pass: PassRun;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #settled = Promise.withResolvers<PassEnd>();
  #stderr = "";
  #peakMemoryBytes = 0;
  #finished = false;
  #verdict: Reason | null = null;
  #working: Promise<void> = Promise.resolve();
  readonly #onAbort = (): void => this.#giveUp(this.#pass.signal.reason);

  constructor(child: ChildProcess, pass: PassRun) {
    this.#child = child;
    this.#pass = pass;
    this.ended = this.#settled.promise;
    child.on("message", (message) => this.#take(message));
    child.on("error", (error) => this.#condemn({ code: "crashed", detail: `The process failed: ${error.message}` }));
    child.on("exit", (code, signal) => this.#exited(code, signal));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR_CHARS);
    });
    pass.signal.addEventListener("abort", this.#onAbort);
    const { timeoutMs } = pass.limits;
    this.#timers.push(
      setTimeout(
        () => this.#condemn({ code: "timed_out", detail: `The pass took longer than ${timeoutMs / 1000} s.` }),
        timeoutMs,
      ),
      setInterval(() => this.#weigh(), MEMORY_CHECK_MS),
    );
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#pass.signal.removeEventListener("abort", this.#onAbort);
    this.#child.kill("SIGKILL");
  }

  #weigh(): void {
    const memory = this.#child.pid === undefined ? null : residentMemory(this.#child.pid);
    if (memory === null) return;
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, memory.peakBytes);
    const { memoryBytes } = this.#pass.limits;
    if (memory.nowBytes > memoryBytes) {
      this.#condemn({
        code: "out_of_memory",
        detail: `The pass needed more than ${Math.round(memoryBytes / 1024 / 1024)} MiB.`,
      });
    }
  }

  #take(message: unknown): void {
    const parsed = FromChild.safeParse(message);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const detail = `The process sent what is no message: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`;
      this.#condemn({ code: "crashed", detail: detail.slice(0, 1000) });
      return;
    }
    // One after the other: a result that comes after a state was saved must not overtake it.
    this.#working = this.#working.then(() => this.#act(parsed.data)).catch((error: unknown) => this.#giveUp(error));
  }

  async #act(message: FromChild): Promise<void> {
    switch (message.type) {
      case "ready":
        this.#tell(this.#pass.run);
        return;
      case "finished":
        this.#finished = true;
        return;
      case "fault":
        this.#verdict ??= { code: "crashed", detail: `The pass failed: ${message.detail}`.slice(0, 1000) };
        return;
      case "progress":
        this.#pass.onProgress(message.fraction, message.segment);
        break;
      case "result":
        await this.#pass.onResult(message.step, message.outcome);
        break;
      case "save":
        await this.#pass.onSave(message.state, message.nextSegment, message.fraction);
        break;
    }
    this.#tell({ type: "done", id: message.id });
  }

  #tell(message: ToChild): void {
    // A process that has just died does not listen; its exit says the rest.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #condemn(reason: Reason): void {
    this.#verdict ??= reason;
    this.#child.kill("SIGKILL");
    if (this.#child.pid === undefined) this.#settled.resolve({ reason: this.#verdict, peakMemoryBytes: 0 });
  }

  #giveUp(error: unknown): void {
    this.#settled.reject(error);
    this.#child.kill("SIGKILL");
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    // What the process said last may still be on its way when its end is known.
    if (this.#child.connected) this.#child.once("disconnect", () => this.#conclude(code, signal));
    else this.#conclude(code, signal);
  }

  #conclude(code: number | null, signal: NodeJS.Signals | null): void {
    // Results that arrived before the end are results.
    void this.#working.then(() => {
      const reason = this.#verdict ?? this.#deathOf(code, signal);
      this.#settled.resolve({ reason, peakMemoryBytes: this.#peakMemoryBytes });
    });
  }

  #deathOf(code: number | null, signal: NodeJS.Signals | null): Reason | null {
    if (this.#finished) return null;
    if (OUT_OF_MEMORY_SIGNS.test(this.#stderr)) return { code: "out_of_memory", detail: "The pass ran out of memory." };
    const how = signal === null ? `exit code ${code ?? "unknown"}` : `signal ${signal}`;
    return { code: "crashed", detail: `The process of the pass ended with ${how}.` };
  }
}
