/** The built main Worker on workerd, with its objects, queues, bucket and an embedded Postgres, for one test file. */
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundleDir } from "../../local/build.ts";
import { findPort, LOOPBACK } from "../../local/ports.ts";
import { configuredWorker } from "../../local/workers/configured-worker.ts";
import { TAPPED, tapped } from "./queue-tap.ts";
import type { Sql } from "../../shared/adapters/postgres/connection.ts";
import { startPostgres } from "../support/postgres.ts";
import { SECRETS } from "../support/secrets.ts";

/** An object as RPC shows it from outside: each method by its name. */
type RemoteObject = Readonly<Record<string, (...given: unknown[]) => Promise<unknown>>>;

// SAFETY of its use: the proxy answers every method that the class has; a wrong name is refused by the object.
type Namespace = { idFromName(name: string): object; get(id: object): RemoteObject };

export type RealWorkers = {
  readonly origin: string;
  /** The object that this binding has under this name, whatever route leads to it. */
  object(binding: "TENANT" | "GPU_JOB", name: string): Promise<RemoteObject>;
  /** What the Worker has logged of faults that nobody foresaw. */
  readonly faults: readonly string[];
  /** Everything that it has logged. */
  readonly logged: readonly string[];
  /** Mails that the binding has taken: their headers, and the file that their text is in. */
  readonly mailed: readonly string[];
  /** Every message that went into a queue, with the queue's name; none without `Kept`. */
  readonly queued: readonly string[];
  /** One text per row, as `table {row}`, of all that the database has. */
  databaseRows(): Promise<string[]>;
  stop(): Promise<void>;
};

/** What a start needs whose traces are looked for afterwards. */
export type Kept = {
  /** Objects and buckets lie here as files, and stay. */
  readonly dataDir: string;
  /** Of an inspector, which gets what is uploaded. */
  readonly inspectorUrl: string;
};

/** Of what the runtime says itself, only errors are shown; mails are kept. */
class MailLog extends Log {
  readonly mailed: string[] = [];

  override logWithLevel(level: LogLevel, message: string): void {
    if (message.includes("send_email binding called")) this.mailed.push(message);
    else super.logWithLevel(level, message);
  }
}

/** Takes the bundle that `npm run build` made. `settings` stand over those of the default environment. Without `kept` nothing stays. */
export async function startRealWorkers(
  settings: Readonly<Record<string, string>> = {},
  kept: Kept | null = null,
): Promise<RealWorkers> {
  const postgres = await startPostgres();
  const origin = `http://${LOOPBACK}:${await findPort(0)}`;
  const [faults, logged, queued]: [string[], string[], string[]] = [[], [], []];
  const log = new MailLog(LogLevel.ERROR);
  const main = configuredWorker("wrangler.toml", "aima", `${bundleDir("main")}/index.js`, {
    ...SECRETS,
    PUBLIC_ORIGIN: origin,
    NEON_LOCAL: postgres.neonLocal,
    DATABASE_URL: postgres.databaseUrl,
    ...settings,
  });
  const options = convertV4MiniflareOptions({
    host: LOOPBACK,
    port: Number(new URL(origin).port),
    cf: false,
    log,
    handleStructuredLogs: ({ message }) => {
      (message.startsWith(TAPPED) ? queued : logged).push(message);
      if (message.includes("request_failed")) faults.push(message);
    },
    workers: kept === null ? [main] : [...tapped(main), relay(origin, kept.inspectorUrl)],
  });
  const miniflare = new Miniflare(kept === null ? options : { ...options, resourcePersistencePath: kept.dataDir });
  await miniflare.ready;
  return {
    origin,
    faults,
    logged,
    mailed: log.mailed,
    queued,
    databaseRows: () => rowsOf(postgres.sql),
    object: async (binding, name) => {
      const namespace = (await miniflare.getDurableObjectNamespace(binding, "aima")) as unknown as Namespace;
      return namespace.get(namespace.idFromName(name));
    },
    stop: async () => {
      await miniflare.dispose();
      await postgres.stop();
    },
  };
}

const relay = (origin: string, inspectorUrl: string) =>
  configuredWorker("local/relay/wrangler.toml", "aima-inspect-relay", `${bundleDir("relay")}/worker.js`, {
    INSPECTOR_URL: inspectorUrl,
    PUBLIC_ORIGIN: origin,
    SIGNING_KEYS: SECRETS.SIGNING_KEYS,
  });

/** Read by the login that owns everything, which no rule of a tenant's rows holds back. */
async function rowsOf(sql: Sql): Promise<string[]> {
  const tables = await sql`select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`;
  const rows: string[] = [];
  for (const { name } of tables) {
    const found = await sql.query(`select to_jsonb(t)::text as row from ${String(name)} t`);
    rows.push(...found.map(({ row }) => `${String(name)} ${String(row)}`));
  }
  return rows;
}
