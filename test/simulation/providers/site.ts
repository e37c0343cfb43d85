/** One simulated provider: takes runs, works on them, forgets their results, calls back, and bills every execution. */
import type { StepOutcome } from "../../../shared/contracts/agent.ts";
import type { NewInsight } from "../../../shared/contracts/insight.ts";
import {
  type GpuProvider,
  ProviderFailure,
  type RunCoordinates,
  type RunRequest,
  type RunStatus,
} from "../../../shared/ports/gpu-provider.ts";
import { gpuJob } from "../../../durable-objects/addresses.ts";
import { SimulatedFault } from "../faults.ts";
import { Scope } from "../platform/scope.ts";
import type { World } from "../world.ts";
import type { ProviderTraits } from "./catalog.ts";

export type Run = {
  readonly label: string;
  readonly coordinates: RunCoordinates;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly forgottenAtMs: number;
  readonly outcomes: readonly StepOutcome[];
  /** Null for a run that succeeds. */
  readonly failure: "preempted" | "out_of_memory" | null;
  canceledAtMs: number | null;
  statusCalls: number;
  /** When its result was first handed out. */
  fetchedAtMs: number | null;
};

export class ProviderSite implements GpuProvider {
  readonly traits: ProviderTraits;
  readonly runs: Run[] = [];
  readonly #byId = new Map<string, Run>();
  /** How long a run takes, by label. */
  runMs: (label: string) => number;
  readonly #world: World;
  #awayUntilMs = 0;

  constructor(world: World, traits: ProviderTraits) {
    this.#world = world;
    this.traits = traits;
    this.runMs = () => Math.round(traits.typicalRunMs * (0.1 + 3.5 * world.random.unit()));
  }

  find(label: string): Promise<RunCoordinates | null> {
    return this.#ask("find", () => {
      if (this.traits.identity !== "list") return null;
      return this.runs.findLast((run) => run.label === label)?.coordinates ?? null;
    });
  }

  async submit(request: RunRequest): Promise<RunCoordinates> {
    const { faults } = this.#world;
    // A run can be found once the provider has made it, which takes a while: also when its caller is gone by then.
    const made = await this.#ask(
      "submit",
      () => this.#named(request.label) ?? this.#submit(request),
      this.#named(request.label) === null ? this.#world.random.int(20, 2_500) : 0,
    );
    if (faults.strikes("create-unsure", request.label)) throw new SimulatedFault("the provider did not answer");
    return made;
  }

  status({ externalId }: RunCoordinates): Promise<RunStatus> {
    return this.#ask("status", () => this.#status(externalId));
  }

  cancel({ externalId }: RunCoordinates): Promise<void> {
    return this.#ask("cancel", () => {
      const run = this.#byId.get(externalId);
      if (run !== undefined && this.#now() < run.endsAtMs) run.canceledAtMs ??= this.#now();
    });
  }

  /** Runs that did, or do, their work: each costs. */
  executionsOf(label: string): Run[] {
    return this.runs.filter((run) => run.label === label && (run.canceledAtMs ?? run.endsAtMs) > run.startsAtMs);
  }

  /** The run of that name, where the client names runs. */
  #named(label: string): RunCoordinates | null {
    if (this.traits.identity !== "name") return null;
    return this.runs.find((run) => run.label === label)?.coordinates ?? null;
  }

  #submit(request: RunRequest): RunCoordinates {
    const { label, account, endpoint, steps } = request;
    const { faults, random } = this.#world;
    if (faults.strikes("provider-preempted", label)) throw new ProviderFailure("capacity", "There is no machine.");
    const externalId = `${this.traits.name}-${this.runs.length}-${random.int(0, 1_000_000)}`;
    const startsAtMs = this.#now() + random.skewed(500, 20_000);
    const endsAtMs = startsAtMs + this.runMs(label);
    const failure = faults.strikes("provider-preempted", label)
      ? random.pick(["preempted", "out_of_memory"] as const)
      : null;
    const run: Run = {
      label,
      coordinates: { provider: this.traits.name, account, endpoint, externalId },
      startsAtMs,
      endsAtMs,
      forgottenAtMs: endsAtMs + this.traits.retentionMs,
      outcomes: steps.map(({ id }) => this.#outcome(label, id)),
      failure,
      canceledAtMs: null,
      statusCalls: 0,
      fetchedAtMs: null,
    };
    this.runs.push(run);
    this.#byId.set(externalId, run);
    this.#callBack(label, endsAtMs);
    return { provider: this.traits.name, account, endpoint, externalId };
  }

  #status(externalId: string): RunStatus {
    const run = this.#byId.get(externalId);
    if (run === undefined) return { status: "unknown" };
    run.statusCalls += 1;
    const now = this.#now();
    if (run.canceledAtMs !== null) return { status: "failed", cause: "transient", detail: "It was canceled." };
    if (now < run.startsAtMs) return { status: "queued" };
    if (now < run.endsAtMs) return { status: "running" };
    if (now >= run.forgottenAtMs) {
      this.#world.faults.note("result-expired", run.label);
      return { status: "unknown" };
    }
    if (run.failure !== null) return { status: "failed", cause: run.failure, detail: "The run failed." };
    run.fetchedAtMs ??= now;
    return { status: "succeeded", outcomes: structuredClone(run.outcomes) };
  }

  #outcome(label: string, step: string): StepOutcome {
    const [tenant = "", jobId = "", attempt = ""] = label.split("/");
    const insight: NewInsight = {
      kind: "finding",
      source: { engine: this.traits.name, model: "sim-1", digest: null },
      confidence: null,
      timeRange: null,
      page: null,
      box: null,
      text: step,
      data: { job: `${tenant}/${jobId}`, attempt: Number(attempt) },
      artifact: null,
      embedding: null,
    };
    return { step, status: "succeeded", reason: null, metadata: null, insights: [insight], insightsBlob: null };
  }

  /** Says that the run has ended: lost, repeated, late, or too early, as it comes. */
  #callBack(label: string, endsAtMs: number): void {
    const { webhook } = this.traits;
    if (webhook === null) return;
    const { faults, faultRandom, scheduler } = this.#world;
    const lie = faults.strikes("webhook-lied", label);
    const lateMs = faults.strikes("webhook-late", label) ? faultRandom.skewed(1_000, 1_800_000) : 0;
    const firstAtMs = lie ? scheduler.nowMs + faultRandom.int(1, 30_000) : endsAtMs + lateMs + 200;
    const times = faults.strikes("webhook-repeated", label) ? 3 : 1;
    for (let n = 0; n < times; n += 1) scheduler.at(firstAtMs + n * 700, () => this.#tell(label, lie, 1));
  }

  #tell(label: string, lie: boolean, attempt: number): void {
    const { webhook } = this.traits;
    const [tenant = "", jobId = "", number = "1"] = label.split("/");
    if (webhook === null) return;
    const again = (): void => {
      if (attempt < webhook.tries)
        this.#world.scheduler.after(webhook.gapMs, () => this.#tell(label, lie, attempt + 1));
    };
    if (this.#world.faults.strikes("webhook-lost", label)) {
      again();
      return;
    }
    // A lie may name an attempt that never was.
    const named = Number(number) + (lie ? this.#world.faultRandom.int(0, 1) : 0);
    this.#world.live(new Scope(`webhook of ${this.traits.name}`), async () => {
      try {
        await this.#world.edge(`hint ${jobId}`, () => gpuJob(this.#world.env, tenant, jobId).hint(named));
      } catch (error) {
        if (!(error instanceof SimulatedFault)) throw error;
        again();
      }
    });
  }

  #ask<T>(what: string, effect: () => T, takesMs = 0): Promise<T> {
    const { network, faults, faultRandom } = this.#world;
    return network.call(
      `${this.traits.name} ${what}`,
      async () => {
        if (this.#now() < this.#awayUntilMs) throw new SimulatedFault("the provider is away");
        if (faults.strikes("provider-outage", what)) {
          this.#awayUntilMs = this.#now() + faultRandom.skewed(1_000, 120_000);
          throw new SimulatedFault("the provider is away");
        }
        if (takesMs > 0) await new Promise<void>((resolve) => void this.#world.scheduler.after(takesMs, resolve));
        return effect();
      },
      // A submission that came minutes after its label was looked for would be a second run: no look-up can help.
      { mayBeLate: false },
    );
  }

  #now(): number {
    return this.#world.scheduler.nowMs;
  }
}
