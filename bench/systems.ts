/** What is measured: the limit, AIMA, and AIMA with a clock that keeps its alarms away. */
import { newAccessTokenKeys } from "../local/access-token-keys.ts";
import { parseSigningKeys } from "../shared/tokens/signed-token.ts";
import { aimaClient } from "./aima/client.ts";
import { bareClient } from "./bare/client.ts";
import { bundleWorker } from "./build.ts";
import { type Deployment, readDeployment } from "./deployment.ts";
import type { JobClient } from "./job-client.ts";
import type { WorkerdSpec } from "./workerd.ts";

export type System = { readonly name: string; readonly spec: WorkerdSpec; readonly client: JobClient };

export const SIGNING_KEYS = "bench:0123456789abcdef0123456789abcdef";
export const AGENT_TOKEN = "agent-token-of-the-bench-0123456789abcdef";
export const BOOTSTRAP_SECRET = "bootstrap-secret-of-the-bench-0123456789";

const AIMA_CONFIG = "bench/aima/wrangler.toml";

/** The bindings of a deployment, with values for a machine without one. */
const aimaBindings = ({ objects, vars, queues }: Deployment): Omit<WorkerdSpec, "name" | "bundle"> => ({
  objects,
  text: {
    ...vars,
    PUBLIC_ORIGIN: "http://127.0.0.1",
    // Nothing that is measured touches the database: an address where nobody listens shows it.
    NEON_LOCAL: "127.0.0.1:9",
    DATABASE_URL: "postgresql://bench:bench@127.0.0.1/bench",
    SIGNING_KEYS,
    AGENT_TOKEN,
    BOOTSTRAP_SECRET,
    ACCESS_TOKEN_KEYS: newAccessTokenKeys(),
    ENCRYPTION_KEYS: SIGNING_KEYS,
  },
  json: { CF_VERSION: { id: "bench", tag: "", timestamp: "" }, BENCH_QUEUES: queues, BENCH_OBJECTS: objects },
  queues: Object.keys(queues),
});

export type Systems = {
  readonly bare: System;
  readonly aima: System;
  /** Every job with an asset object of its own, which did not exist before. */
  readonly aimaNewAssets: System;
  readonly aimaClockAhead: System;
  readonly aimaCounted: System;
};

/** The API before a route that does nothing; the rules of limits are so high that they refuse nobody. */
export async function buildGateway(): Promise<WorkerdSpec> {
  const bundle = await bundleWorker("gateway", "bench/gateway/worker.ts", AIMA_CONFIG);
  return { name: "gateway", bundle, ...aimaBindings(readDeployment()) };
}

/** AIMA as it is deployed, without the doors of the bench being used. */
export async function buildLogin(): Promise<WorkerdSpec> {
  const bundle = await bundleWorker("login", "bench/aima/entry.ts", AIMA_CONFIG);
  return { name: "login", bundle, ...aimaBindings(readDeployment()) };
}

export async function buildSystems(): Promise<Systems> {
  const deployment = readDeployment();
  const [bareBundle, aimaBundle, aheadBundle, countedBundle] = await Promise.all([
    bundleWorker("bare", "bench/bare/worker.ts", "bench/bare/wrangler.toml"),
    bundleWorker("aima", "bench/aima/entry.ts", AIMA_CONFIG),
    bundleWorker("clock-ahead", "bench/aima/clock-ahead.ts", AIMA_CONFIG),
    bundleWorker("counted", "bench/aima/counted.ts", AIMA_CONFIG),
  ]);
  const keys = parseSigningKeys(SIGNING_KEYS);
  const bindings = aimaBindings(deployment);
  const aima: System = {
    name: "AIMA",
    spec: { name: "aima", bundle: aimaBundle, ...bindings },
    client: await aimaClient(keys, "asset-per-lane"),
  };
  return {
    bare: {
      name: "bare workerd",
      spec: { name: "bare", bundle: bareBundle, objects: { JOB: "BareJob" }, text: {}, json: {}, queues: [] },
      client: bareClient,
    },
    aima,
    aimaNewAssets: {
      ...aima,
      name: "AIMA, one new asset object a job",
      client: await aimaClient(keys, "asset-per-job"),
    },
    aimaClockAhead: { ...aima, spec: { name: "clock-ahead", bundle: aheadBundle, ...bindings } },
    aimaCounted: { ...aima, spec: { name: "counted", bundle: countedBundle, ...bindings } },
  };
}
