/** The built main Worker on workerd, with its objects, queues, bucket and an embedded Postgres, for one test file. */
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundleDir } from "../../local/build.ts";
import { findPort, LOOPBACK } from "../../local/ports.ts";
import { configuredWorker } from "../../local/workers/configured-worker.ts";
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
  stop(): Promise<void>;
};

/** Of what the runtime says itself, only errors are shown; mails are kept. */
class MailLog extends Log {
  readonly mailed: string[] = [];

  override logWithLevel(level: LogLevel, message: string): void {
    if (message.includes("send_email binding called")) this.mailed.push(message);
    else super.logWithLevel(level, message);
  }
}

/** Takes the bundle that `npm run build` made. `settings` stand over those of the default environment. Nothing is kept. */
export async function startRealWorkers(settings: Readonly<Record<string, string>> = {}): Promise<RealWorkers> {
  const postgres = await startPostgres();
  const origin = `http://${LOOPBACK}:${await findPort(0)}`;
  const [faults, logged]: [string[], string[]] = [[], []];
  const log = new MailLog(LogLevel.ERROR);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: LOOPBACK,
      port: Number(new URL(origin).port),
      cf: false,
      log,
      handleStructuredLogs: ({ message }) => {
        logged.push(message);
        if (message.includes("request_failed")) faults.push(message);
      },
      workers: [
        configuredWorker("wrangler.toml", "aima", `${bundleDir("main")}/index.js`, {
          ...SECRETS,
          PUBLIC_ORIGIN: origin,
          NEON_LOCAL: postgres.neonLocal,
          DATABASE_URL: postgres.databaseUrl,
          ...settings,
        }),
      ],
    }),
  );
  await miniflare.ready;
  return {
    origin,
    faults,
    logged,
    mailed: log.mailed,
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
