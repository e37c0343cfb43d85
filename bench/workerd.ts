/**
 * A bare `workerd serve` with one bundle, its objects on disk in a directory of its own: no proxy, no simulator.
 * The process is ours alone, so that its processor time and memory are those of the Worker.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPort, LOOPBACK } from "../local/ports.ts";
import { residentBytes } from "../test/support/processes.ts";
import type { Bundle } from "./build.ts";
import { processorMs, writtenBytes } from "./kernel-counters.ts";

export type WorkerdSpec = {
  readonly name: string;
  readonly bundle: Bundle;
  /** Binding to class name. */
  readonly objects: Readonly<Record<string, string>>;
  readonly text: Readonly<Record<string, string>>;
  readonly json: Readonly<Record<string, unknown>>;
  /** Queue bindings; all are answered by the entrypoint `QueueStandIn` of the bundle. */
  readonly queues: readonly string[];
  /** Opens the inspector, and lets the Worker collect its garbage (`gc`). */
  readonly inspected?: boolean;
};

const READY_MS = 15_000;
const LAST_WORDS = 2_000;

export class Workerd {
  readonly port: number;
  readonly pid: number;
  /** 0 for one that is not inspected. */
  readonly inspectorPort: number;
  readonly #child: ChildProcess;
  readonly #dir: string;
  #lastWords = "";

  private constructor(port: number, inspectorPort: number, pid: number, child: ChildProcess, dir: string) {
    this.port = port;
    this.inspectorPort = inspectorPort;
    this.pid = pid;
    this.#child = child;
    this.#dir = dir;
    const keep = (chunk: Buffer): void => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-LAST_WORDS);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
  }

  /** Starts a server for the time of `work`. What it logged last goes with an error of `work`. */
  static async during<T>(spec: WorkerdSpec, work: (server: Workerd) => Promise<T>): Promise<T> {
    const server = await Workerd.start(spec);
    try {
      return await work(server);
    } catch (error) {
      throw new Error(`${spec.name}: ${server.#lastWords}`, { cause: error });
    } finally {
      await server.stop();
    }
  }

  /** The caller stops it. */
  static async start(spec: WorkerdSpec): Promise<Workerd> {
    const port = await freePort();
    const inspectorPort = spec.inspected === true ? await freePort() : 0;
    const dir = await mkdtemp(join(tmpdir(), `aima-bench-${spec.name}-`));
    await mkdir(join(dir, "objects"));
    const config = join(dir, "config.capnp");
    await writeFile(config, configOf(spec, port, join(dir, "objects")));
    const inspector = inspectorPort === 0 ? [] : [`--inspector-addr=${LOOPBACK}:${inspectorPort}`];
    const child = spawn(
      binary(),
      ["serve", "--experimental", ...inspector, `--import-path=${spec.bundle.dir}`, config],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const { pid } = child;
    if (pid === undefined) throw new Error("workerd did not start");
    const server = new Workerd(port, inspectorPort, pid, child, dir);
    endWithUs(child);
    try {
      await server.#ready();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Processor time of the process since its start, user and system. */
  get processorMs(): number {
    return processorMs(this.pid);
  }

  /** What it gave to the disk since its start. */
  get writtenBytes(): number {
    return writtenBytes(this.pid);
  }

  get residentBytes(): number {
    return residentBytes(this.pid);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await new Promise<void>((resolve) => {
        this.#child.once("exit", () => resolve());
        this.#child.kill("SIGKILL");
      });
    }
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + READY_MS;
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error(`workerd ended: ${this.#lastWords}`);
      try {
        await (await fetch(`http://${LOOPBACK}:${this.port}/bench/ready`)).arrayBuffer();
        return;
      } catch (error) {
        if (performance.now() > deadline)
          throw new Error(`workerd does not answer: ${this.#lastWords}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  }
}

async function freePort(): Promise<number> {
  const port = await findPort(0);
  if (port === null) throw new Error("No free port was found on the loopback interface.");
  return port;
}

/** A bench that is interrupted leaves no server behind. */
const running = new Set<ChildProcess>();

function endWithUs(child: ChildProcess): void {
  if (running.size === 0) {
    process.once("exit", endAll);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  }
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    if (running.size > 0) return;
    process.off("exit", endAll);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
  });
}

function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

const interrupted = (): never => process.exit(130);

/** The platform's binary itself, not the script that starts it. */
function binary(): string {
  const require = createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"));
  // SAFETY: what the package exports, as its declaration says.
  return (require("workerd") as { default: string }).default;
}

/** A text of Cap'n Proto has the escapes of JSON for what occurs here. */
const text = (value: string): string => JSON.stringify(value);

function configOf(spec: WorkerdSpec, port: number, storage: string): string {
  const modules = spec.bundle.modules.map(
    (file) => `(name = ${text(file)}, ${file.endsWith(".wasm") ? "wasm" : "esModule"} = embed ${text(`/${file}`)})`,
  );
  const bindings = [
    ...Object.entries(spec.objects).map(
      ([name, type]) => `(name = ${text(name)}, durableObjectNamespace = ${text(type)})`,
    ),
    ...Object.entries(spec.text).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...Object.entries(spec.json).map(
      ([name, value]) => `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
    ),
    ...spec.queues.map((name) => `(name = ${text(name)}, queue = (name = "main", entrypoint = "QueueStandIn"))`),
  ];
  const classes = Object.values(spec.objects).map(
    (type) => `(className = ${text(type)}, uniqueKey = ${text(type)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${spec.inspected === true ? text("--expose-gc") : ""}],
  services = [
    (name = "main", worker = .worker),
    (name = "storage", disk = (path = ${text(storage)}, writable = true)),
  ],
  sockets = [(name = "http", address = ${text(`${LOOPBACK}:${port}`)}, http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = ${text(spec.bundle.compatibilityDate)},
  bindings = [${bindings.join(",\n    ")}],
  durableObjectNamespaces = [${classes.join(", ")}],
  durableObjectStorage = (localDisk = "storage"),
);
`;
}
