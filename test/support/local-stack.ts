/** The whole system as a user starts it: `npm start -- --no-demo` in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AimaClient } from "@aima/sdk";
import { findPort } from "../../local/ports.ts";
import { descendants, type ProcessInfo } from "./processes.ts";

const ROOT = join(import.meta.dirname, "../..");

export type LocalStack = {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly agentToken: string;
  readonly dataDir: string;
  readonly client: AimaClient;
  /** The running process whose command line has this text. */
  readonly launcherPid: number;
  /** The workerd that runs the main Worker. */
  workerdPid(): number;
  find(text: string): ProcessInfo;
  /** Everything that the launcher has started. */
  processes(): ProcessInfo[];
  log(name: string): Promise<string>;
  stop(): Promise<void>;
};

/** `dataDir` of an earlier start continues it; without one everything is new, and gone after `stop`. */
export async function startLocalStack(given: { readonly dataDir?: string } = {}): Promise<LocalStack> {
  const dataDir = given.dataDir ?? (await mkdtemp(join(tmpdir(), "aima-test-")));
  const port = await findPort(0);
  const launcher = spawn(
    process.execPath,
    [join(ROOT, "local/start.ts"), "--no-demo", "--port", String(port), "--data", dataDir],
    {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, AIMA_SKIP_BUILD: "1" },
    },
  );
  await ready(launcher);
  const find = (text: string): ProcessInfo => {
    const found = descendants(launcher.pid ?? 0).find(({ command }) => command.includes(text));
    if (found === undefined) throw new Error(`No process with "${text}"`);
    return found;
  };
  const { baseUrl, apiKey } = JSON.parse(await readFile(join(dataDir, "credentials.json"), "utf8")) as {
    baseUrl: string;
    apiKey: string;
  };
  const { agentToken } = JSON.parse(await readFile(join(dataDir, "secrets.json"), "utf8")) as { agentToken: string };
  return {
    baseUrl,
    apiKey,
    agentToken,
    dataDir,
    client: new AimaClient({ baseUrl, apiKey }),
    launcherPid: launcher.pid ?? 0,
    workerdPid: () => {
      const workers = find("local/workers/process.ts").pid;
      const workerd = descendants(workers).find(({ command }) => command.includes("workerd serve"));
      if (workerd === undefined) throw new Error("The Workers have no workerd");
      return workerd.pid;
    },
    find,
    processes: () => descendants(launcher.pid ?? 0),
    log: (name) => readFile(join(dataDir, "logs", `${name}.log`), "utf8"),
    stop: async () => {
      const ended = new Promise((resolve) => launcher.once("exit", resolve));
      launcher.kill("SIGINT");
      await ended;
      if (given.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function ready(launcher: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    launcher.stderr?.on("data", (data: Buffer) => {
      said += data.toString();
      if (said.includes("aima: ready at")) resolve();
    });
    launcher.once("exit", (code) => reject(new Error(`The launcher ended with ${code}:\n${said}`)));
  });
}

/** Asks again and again until the answer is there; a test that waits for ever is ended by its own time limit. */
export async function until<T>(ask: () => Promise<T | null>, everyMs = 200): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
