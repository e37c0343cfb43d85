/**
 * The whole system on one machine, started in order, each part only when the one before answers: Postgres, its
 * migrations, the inspector, the Workers, the agent.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildAll, bundleDir, ROOT, WRANGLER_ENV } from "./build.ts";
import { Child } from "./child.ts";
import type { Options } from "./options.ts";
import { findPort, LOOPBACK } from "./ports.ts";
import { localDatabaseUrl } from "./postgres/local-database-url.ts";
import { migrate } from "./postgres/migrate.ts";
import { type Credentials, loadCredentials, loadSecrets } from "./state.ts";

/** A start that cannot succeed, in words for the user. */
export class StartError extends Error {
  override readonly name = "StartError";
}

export type Stack = {
  readonly baseUrl: string;
  readonly credentials: Credentials;
  readonly children: readonly Child[];
  stop(): Promise<void>;
};

const PORT_TAKEN = 3;
const READY_MS = 60_000;

async function freePort(): Promise<number> {
  const port = await findPort(0);
  if (port === null) throw new StartError("No free port was found on the loopback interface.");
  return port;
}

export async function startStack(
  options: Options,
  say: (line: string) => void,
  onFatal: (message: string) => void,
): Promise<Stack> {
  const { port, dataDir } = options;
  if ((await findPort(port)) === null) {
    throw new StartError(
      `Port ${port} is taken by another program. Stop it, or choose another: npm start -- --port ${port + 1}`,
    );
  }
  const secrets = await loadSecrets(dataDir);
  const logs = join(dataDir, "logs");
  await mkdir(logs, { recursive: true });
  const postgresPort = await freePort();
  const inspectorPort = await freePort();
  const baseUrl = `http://${LOOPBACK}:${port}`;
  const neonLocal = `${LOOPBACK}:${postgresPort}`;
  const databaseUrl = localDatabaseUrl(secrets.postgresPassword);
  const children: Child[] = [];

  const child = (name: string, args: readonly string[], env: Readonly<Record<string, string>>): Child => {
    const made = new Child({ name, args, env, logFile: join(logs, `${name}.log`), fatalCodes: [PORT_TAKEN] }, onFatal);
    children.push(made);
    return made;
  };
  const script = (path: string): string => join(ROOT, path);
  const stop = async (): Promise<void> => {
    for (const each of children) each.retire();
    for (const each of children.toReversed()) await each.stop();
  };

  try {
    // The tests build once for all their starts.
    const building = process.env["AIMA_SKIP_BUILD"] === "1" ? Promise.resolve() : buildAll();
    if (process.env["AIMA_SKIP_BUILD"] !== "1") say("building the Workers");
    const external = process.env["DATABASE_URL"];
    const neon = external === undefined ? neonLocal : (process.env["NEON_LOCAL"] ?? "");
    if (external === undefined) {
      say("starting Postgres");
      const args = [
        script("local/postgres/process.ts"),
        "--port",
        String(postgresPort),
        "--data",
        join(dataDir, "postgres"),
      ];
      await child("postgres", args, { LOCAL_POSTGRES_PASSWORD: secrets.postgresPassword }).start(READY_MS);
    }
    await migrate(external ?? databaseUrl, neon === "" ? {} : { neonLocal: neon });
    await building;
    say("starting the inspector");
    const inspector = [
      script("local/inspector/process.ts"),
      "--port",
      String(inspectorPort),
      "--bundle",
      bundleDir("inspector"),
    ];
    const inspectorReady = child("inspector", inspector, WRANGLER_ENV).start(READY_MS);
    say("starting the Workers");
    const workers = [script("local/workers/process.ts"), "--port", String(port), "--data", join(dataDir, "workers")];
    await child("workers", [...workers, "--inspector", `http://${LOOPBACK}:${inspectorPort}`, "--neon", neon], {
      ...WRANGLER_ENV,
      DATABASE_URL: external ?? databaseUrl,
      SIGNING_KEYS: secrets.signingKeys,
      AGENT_TOKEN: secrets.agentToken,
      BOOTSTRAP_SECRET: secrets.bootstrapSecret,
      ACCESS_TOKEN_KEYS: secrets.accessTokenKeys,
      ENCRYPTION_KEYS: secrets.encryptionKeys,
    }).start(READY_MS);
    await inspectorReady;
    const credentials = await loadCredentials(dataDir, baseUrl, secrets);
    say("starting the agent");
    await child("agent", [script("agent/main.ts")], {
      AIMA_URL: baseUrl,
      AIMA_AGENT_TOKEN: secrets.agentToken,
      AIMA_AGENT_ID: "agt_local",
      AIMA_AGENT_DIR: join(dataDir, "agent"),
      AIMA_AGENT_EXIT_WITH_PARENT: "1",
    }).start(READY_MS);
    return { baseUrl, credentials, children, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
