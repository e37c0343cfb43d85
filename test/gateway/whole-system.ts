/**
 * Everything that local mode runs but its launcher: the Workers with their objects on disk, Postgres, the inspector and
 * an agent, each of which writes its own log. What any of them has kept can be read afterwards.
 */
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { bundleDir, ROOT, WRANGLER_ENV } from "../../local/build.ts";
import { Child } from "../../local/child.ts";
import { findPort, LOOPBACK } from "../../local/ports.ts";
import { SECRETS } from "../support/secrets.ts";
import { type RealWorkers, startRealWorkers } from "./real-workers.ts";

export type WholeSystem = {
  readonly workers: RealWorkers;
  /** Lines of the Workers, the inspector and the agent. */
  logLines(): Promise<string[]>;
  /** Takes no more jobs. */
  stopAgent(): Promise<void>;
  /** Ends everything; then the files can be read. Repeated, it does nothing. */
  end(): Promise<void>;
  /** One text per row of every table of every object, as `file table {row}`. After `end`. */
  objectRows(): Promise<string[]>;
  /** Each file of the bucket, byte by byte as Latin-1. After `end`. */
  bucketFiles(): Promise<string[]>;
  /** Ends everything and removes the files. */
  stop(): Promise<void>;
};

const READY_MS = 60_000;

export async function startWholeSystem(settings: Readonly<Record<string, string>>): Promise<WholeSystem> {
  const dir = await mkdtemp(join(tmpdir(), "aima-whole-"));
  const [logs, dataDir] = [join(dir, "logs"), join(dir, "workers")];
  await mkdir(logs);
  const child = (name: string, args: readonly string[], env: Readonly<Record<string, string>>): Child =>
    new Child({ name, args, env, logFile: join(logs, `${name}.log`), fatalCodes: [] }, (message) => {
      throw new Error(message);
    });
  const port = String(await findPort(0));
  const inspect = [join(ROOT, "local/inspector/process.ts"), "--port", port, "--bundle", bundleDir("inspector")];
  const inspector = child("inspector", inspect, WRANGLER_ENV);
  await inspector.start(READY_MS);
  const workers = await startRealWorkers(settings, { dataDir, inspectorUrl: `http://${LOOPBACK}:${port}` });
  const agent = child("agent", [join(ROOT, "agent/main.ts")], {
    AIMA_URL: workers.origin,
    AIMA_AGENT_TOKEN: SECRETS.AGENT_TOKEN,
    AIMA_AGENT_ID: "agt_whole",
    AIMA_AGENT_DIR: join(dir, "agent"),
    AIMA_AGENT_EXIT_WITH_PARENT: "1",
  });
  await agent.start(READY_MS);
  const stopAgent = async (): Promise<void> => {
    agent.retire();
    await agent.stop();
  };
  let ending: Promise<void> | null = null;
  const endAll = async (): Promise<void> => {
    await stopAgent();
    await workers.stop();
    inspector.retire();
    await inspector.stop();
  };
  const end = (): Promise<void> => (ending ??= endAll());
  const files = async (wanted: (path: string) => boolean): Promise<string[]> => {
    const found = await readdir(dataDir, { recursive: true, withFileTypes: true });
    return found
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter(wanted);
  };
  return {
    workers,
    logLines: async () => {
      const texts = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name), "utf8")));
      return [...workers.logged, ...texts.flatMap((text) => text.split("\n"))];
    },
    stopAgent,
    end,
    objectRows: async () => (await files((path) => path.endsWith(".sqlite"))).flatMap(rowsOf),
    bucketFiles: async () => {
      const paths = await files((path) => path.includes("/blobs/"));
      return Promise.all(paths.map((path) => readFile(path, "latin1")));
    },
    stop: async () => {
      await end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Of a database whose program has ended. */
function rowsOf(path: string): string[] {
  const database = new DatabaseSync(path, { readBigInts: true });
  try {
    const named = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    const name = path.split("/").slice(-2).join("/");
    return named.flatMap(({ name: table }) =>
      database
        .prepare(`SELECT * FROM "${String(table)}"`)
        .all()
        .map((row) => `${name} ${String(table)} ${JSON.stringify(row, readable)}`),
    );
  } finally {
    database.close();
  }
}

const readable = (_key: string, value: unknown): unknown =>
  typeof value === "bigint"
    ? String(value)
    : value instanceof Uint8Array
      ? Buffer.from(value).toString("latin1")
      : value;
