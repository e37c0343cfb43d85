/** One simulated deployment: objects, queues, bucket and index around the project's real classes and consumers. */
import type { AssetIndex } from "../../shared/ports/asset-index.ts";
import type { VectorIndex } from "../../shared/ports/vector-index.ts";
import { Faults, type FaultKind, SimulatedFault } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import { SimulatedIndex } from "./platform/asset-index.ts";
import { Bucket } from "./platform/bucket.ts";
import { replaceGlobals } from "./platform/globals.ts";
import { Namespace } from "./platform/namespace.ts";
import { Network } from "./platform/network.ts";
import type { ObjectClass, ObjectHost } from "./platform/object-host.ts";
import { Queue } from "./platform/queue.ts";
import { Random } from "./platform/random.ts";
import { Scheduler } from "./platform/scheduler.ts";
import { currentScope, type Scope, within } from "./platform/scope.ts";
import type { Surrounding } from "./platform/surrounding.ts";
import { WorkerPool } from "./platform/worker-pool.ts";
import { PROVIDERS } from "./providers/catalog.ts";
import { ProviderSite } from "./providers/site.ts";
import { Trace } from "./trace.ts";

/** Where every run begins: 2026-03-01T00:00:00Z. */
const START_MS = 1_772_323_200_000;

export type ProjectCode = {
  readonly classes: {
    readonly MediaAsset: ObjectClass;
    readonly GpuJob: ObjectClass;
    readonly AgentPool: ObjectClass;
    readonly Tenant: ObjectClass;
  };
  /** Consumer of the main Worker's queues. */
  consume(batch: MessageBatch, env: Env): Promise<void>;
  /** Consumer of the inspector's queue. */
  inspect(batch: MessageBatch, env: Env): Promise<void>;
};

export class World implements Surrounding {
  readonly seed: number;
  readonly scheduler = new Scheduler(START_MS);
  readonly random: Random;
  readonly faultRandom: Random;
  readonly faults: Faults;
  readonly trace: Trace;
  readonly ledger = new Ledger();
  readonly network: Network;
  readonly workers: WorkerPool;
  readonly bucket: Bucket;
  readonly index: SimulatedIndex;
  readonly objects: Readonly<Record<"MEDIA_ASSET" | "GPU_JOB" | "AGENT_POOL" | "TENANT", Namespace>>;
  readonly queues: readonly Queue[];
  readonly env: Env;
  /** Everything has ended: nobody looks after anything any more. */
  settled = false;
  /** Providers, by name. */
  readonly sites: ReadonlyMap<string, ProviderSite>;
  /** Which provider a job goes to; null for one that waits for an agent. */
  siteFor: (job: string) => ProviderSite | null = () => null;
  readonly #restoreGlobals: () => void;
  readonly #flushRandom: Random;

  constructor(seed: number, code: ProjectCode, rates: Partial<Record<FaultKind, number>>, sparsely = true) {
    this.seed = seed;
    this.random = new Random(seed, "world");
    this.faultRandom = new Random(seed, "fault-shapes");
    this.#flushRandom = new Random(seed, "flush");
    this.trace = new Trace(() => this.scheduler.nowMs - START_MS);
    this.faults = new Faults(seed, rates, sparsely);
    this.faults.onInjected = (kind, what) => this.trace.add("fault", `${kind} ${what}`);
    this.network = new Network(this.scheduler, new Random(seed, "network"), this.faults);
    this.workers = new WorkerPool(this);
    this.bucket = new Bucket(this);
    this.index = new SimulatedIndex(this);
    this.sites = new Map(PROVIDERS.map((traits) => [traits.name, new ProviderSite(this, traits)]));
    const { classes } = code;
    this.objects = {
      MEDIA_ASSET: new Namespace("asset", classes.MediaAsset, this),
      GPU_JOB: new Namespace("job", classes.GpuJob, this),
      AGENT_POOL: new Namespace("pool", classes.AgentPool, this),
      TENANT: new Namespace("tenant", classes.Tenant, this),
    };
    const main = (batch: MessageBatch): Promise<void> => code.consume(batch, this.env);
    const inspector = (batch: MessageBatch): Promise<void> => code.inspect(batch, this.env);
    const dead = (name: string): Queue =>
      new Queue(
        {
          name: `aima-${name}-dlq-dev`,
          batchSize: 10,
          batchWaitMs: 5_000,
          retries: 100,
          retryDelayMs: 60_000,
          deadLetters: null,
          consume: main,
        },
        this,
      );
    const queue = (name: string, batchSize: number, batchWaitMs: number, retries: number, consume = main): Queue =>
      new Queue(
        {
          name: `aima-${name}-dev`,
          batchSize,
          batchWaitMs,
          retries,
          retryDelayMs: 5_000,
          deadLetters: dead(name),
          consume,
        },
        this,
      );
    const inspect = queue("inspect", 1, 0, 3, inspector);
    const place = queue("place", 10, 0, 4);
    const index = queue("index", 25, 1_000, 4);
    this.queues = [inspect, place, index];
    const bindings = {
      ...this.objects,
      INSPECT_QUEUE: inspect,
      PLACE_QUEUE: place,
      INDEX_QUEUE: index,
      MEDIA: this.bucket,
      MAX_UPLOAD_BYTES: "5368709120",
      DEAD_LETTERS_MAX: "1000",
      DEAD_LETTERS_MAX_DAYS: "30",
      DELETED_RETENTION_HOURS: "720",
      SIMULATED: {
        index: this.index,
        vectors: { upsert: async () => undefined, deleteAsset: async () => undefined },
        world: this,
      },
    };
    // SAFETY: every binding that the simulated code uses is here.
    this.env = bindings as unknown as Env;
    this.#restoreGlobals = replaceGlobals({
      scheduler: this.scheduler,
      random: new Random(seed, "project"),
      log: (level, line) => this.#log(level, line),
    });
  }

  /** How many segments a job has; the same whenever it is asked. */
  segmentsOf(job: string): number {
    return new Random(this.seed, `segments ${job}`).int(3, 10);
  }

  close(): void {
    this.#restoreGlobals();
    for (const host of this.hosts()) host.sql.close();
  }

  flushMs(): number {
    return this.#flushRandom.skewed(1, 30);
  }

  fault(who: string, error: unknown): void {
    this.trace.add(who, `fault ${error instanceof Error ? error.message : String(error)}`);
    if (!(error instanceof SimulatedFault)) this.unexpected(who, error);
  }

  /** An error that nobody injected: the project's own. */
  unexpected(who: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.ledger.violate(who, `unexpected error: ${text}`);
  }

  *hosts(): Generator<ObjectHost> {
    for (const namespace of Object.values(this.objects)) yield* namespace.hosts.values();
  }

  /** A call from outside to a Worker of the edge. */
  edge<T>(name: string, handle: () => Promise<T>): Promise<T> {
    return this.network.call(`edge ${name}`, () => this.workers.run(name, handle));
  }

  /** Somebody outside who lives and acts until `scope` dies. */
  live(scope: Scope, act: () => Promise<void>): void {
    within(scope, act).catch((error: unknown) => {
      if (scope.alive) this.unexpected(scope.name, error);
    });
  }

  /** Resolves after the delay, if whoever sleeps is alive then. */
  sleep(delayMs: number): Promise<void> {
    const scope = currentScope();
    return new Promise((resolve) => {
      this.scheduler.after(delayMs, () => {
        if (scope.alive) resolve();
      });
    });
  }

  /** Objects, Workers and queues are all killed at once. */
  killControlPlane(): void {
    this.faults.note("control-plane-killed", "");
    for (const host of this.hosts()) if (host.awake || host.unsaved) host.crash();
    this.workers.killAll();
    for (const queue of this.queues) queue.lose();
  }

  #log(level: string, line: string): void {
    this.trace.add(level, line);
    const detail = /"(?:error|body)":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? line;
    const expected = /^(simulated:|No answer within)|dead_letter/;
    if (!expected.test(detail) && !/"event":"(?:dead_letter|sweep)"/.test(line)) this.ledger.violate("log", line);
  }
}

/** The world that an environment belongs to. */
export const worldOf = (env: Env): World =>
  // SAFETY: put there by the world that made the environment.
  (env as unknown as { SIMULATED: { world: World } }).SIMULATED.world;

/** The indexes of the world that an environment belongs to. */
export const indexesOf = (env: Env): { readonly index: AssetIndex; readonly vectors: VectorIndex } =>
  // SAFETY: put there by the world that made the environment.
  (env as unknown as { SIMULATED: { index: AssetIndex; vectors: VectorIndex } }).SIMULATED;
