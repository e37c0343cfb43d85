/** A simulated agent: registers, leases, works, and is preempted, falls silent, comes back late or lies. */
import { agentPool } from "../../../durable-objects/addresses.ts";
import type { AttemptGrant } from "../../../durable-objects/gpu-job/object.ts";
import { DEFAULT_POOL } from "../../../workers/agents/routes.ts";
import { SimulatedFault } from "../faults.ts";
import type { AttemptLog } from "../ledger.ts";
import { Scope } from "../platform/scope.ts";
import type { World } from "../world.ts";
import { Attempt } from "./attempt.ts";

const WAIT_MS = 20_000;

export class Agent {
  readonly #world: World;
  readonly #id: string;
  #life = 0;
  #stopped = false;

  constructor(world: World, number: number) {
    this.#world = world;
    this.#id = `agt_sim-${number}`;
  }

  /** Begins a life; one that ends by preemption is followed by another. */
  start(): void {
    const scope = new Scope(`${this.#id}.${(this.#life += 1)}`);
    this.#world.live(scope, () => this.#run(scope));
  }

  /** Takes no more work. */
  stop(): void {
    this.#stopped = true;
  }

  async #run(scope: Scope): Promise<void> {
    let registered = false;
    while (!this.#stopped) {
      registered ||= await this.#register();
      if (!registered) {
        await this.#world.sleep(1_000);
        continue;
      }
      const grant = await this.#lease();
      if (grant === "unknown") registered = false;
      else if (grant === null) await this.#world.sleep(250);
      else if ((await this.#work(grant, scope)) === "gone") return;
    }
  }

  async #register(): Promise<boolean> {
    const { world } = { world: this.#world };
    const agent = {
      agentId: this.#id,
      version: "1.0.0",
      engines: [{ name: "cpu", operations: ["probe" as const] }],
      concurrency: 1,
    };
    return this.#ask("register", async () => {
      await agentPool(world.env, DEFAULT_POOL).register(agent);
      return true;
    }).then((done) => done ?? false);
  }

  async #lease(): Promise<AttemptGrant | null | "unknown"> {
    const answer = await this.#ask("lease", () => agentPool(this.#world.env, DEFAULT_POOL).lease(this.#id, WAIT_MS));
    if (answer === null) return null;
    return answer.ok ? answer.value : "unknown";
  }

  async #work(grant: AttemptGrant, scope: Scope): Promise<"done" | "gone"> {
    const { ledger, scheduler } = this.#world;
    const log: AttemptLog = {
      job: `${grant.tenant}/${grant.jobId}`,
      attempt: grant.attempt,
      who: scope.name,
      grantedAtMs: scheduler.nowMs,
      steps: grant.steps.map(({ id }) => id),
      startSegment: 0,
      readNewest: true,
      reports: new Map(),
    };
    ledger.grant(log);
    const end = await new Attempt(this.#world, grant, log).run();
    if (end !== "preempted" && end !== "vanished") return "done";
    scope.alive = false;
    scheduler.after(this.#world.faultRandom.int(2_000, 90_000), () => {
      if (!this.#stopped) this.start();
    });
    return "gone";
  }

  async #ask<T>(what: string, handle: () => Promise<T>): Promise<T | null> {
    try {
      return await this.#world.edge(`${what} ${this.#id}`, handle);
    } catch (error) {
      if (!(error instanceof SimulatedFault)) this.#world.unexpected(this.#id, error);
      return null;
    }
  }
}
