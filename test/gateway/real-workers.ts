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
  stop(): Promise<void>;
};

/** Takes the bundle that `npm run build` made. Nothing is kept. */
export async function startRealWorkers(): Promise<RealWorkers> {
  const postgres = await startPostgres();
  const origin = `http://${LOOPBACK}:${await findPort(0)}`;
  const faults: string[] = [];
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: LOOPBACK,
      port: Number(new URL(origin).port),
      cf: false,
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: ({ message }) => {
        if (message.includes("request_failed")) faults.push(message);
      },
      workers: [
        configuredWorker("wrangler.toml", "aima", `${bundleDir("main")}/index.js`, {
          ...SECRETS,
          PUBLIC_ORIGIN: origin,
          NEON_LOCAL: postgres.neonLocal,
          DATABASE_URL: postgres.databaseUrl,
        }),
      ],
    }),
  );
  await miniflare.ready;
  return {
    origin,
    faults,
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
