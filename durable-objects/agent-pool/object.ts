/**
 * One pool of agents: who has registered, and which jobs wait for one of them. Addressed by the pool's name.
 *
 * P1 A waiting job is lost by nobody: it leaves the row only for an attempt that the job itself has granted, and a
 *    job whose grant never reaches its agent comes back when the attempt's lease ends. A row lost in between is
 *    offered again by the job, which goes on asking until an attempt has started.
 */
import { DurableObject } from "cloudflare:workers";
import type { RegisterAgent, RegisterAgentReply } from "../../shared/contracts/agent.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { gpuJob } from "../addresses.ts";
import { HEARTBEAT_SECONDS, LEASE_SECONDS } from "../gpu-job/core/deadlines.ts";
import type { AttemptGrant } from "../gpu-job/object.ts";
import { applySchema } from "../runtime/schema.ts";
import { Waiters } from "../runtime/waiters.ts";
import { POOL_SCHEMA, PoolStore, type WaitingJob } from "./store.ts";

export class AgentPool extends DurableObject<Env> {
  readonly #store: PoolStore;
  readonly #waiters = new Waiters();
  /** Registrations by agent: a poll of an agent's earlier life must not take a job that nobody would receive. */
  readonly #lives = new Map<string, number>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    applySchema(ctx.storage, POOL_SCHEMA);
    this.#store = new PoolStore(ctx.storage.sql);
  }

  async register(agent: RegisterAgent): Promise<RegisterAgentReply> {
    this.#store.register(agent, Date.now());
    this.#lives.set(agent.agentId, (this.#lives.get(agent.agentId) ?? 0) + 1);
    this.#waiters.wake();
    return { leaseSeconds: LEASE_SECONDS, heartbeatSeconds: HEARTBEAT_SECONDS };
  }

  /** Idempotent: a job waits once. */
  async offer(job: WaitingJob): Promise<void> {
    this.#store.offer(job, Date.now());
    this.#waiters.wake();
  }

  /** For the deletion of a tenant: none of its jobs waits any more. */
  async withdrawAll(tenant: string): Promise<void> {
    this.#store.withdrawAll(tenant);
  }

  /**
   * Hands the waiting job of the highest priority to the agent, among equals the one that waits longest; null when none came within `waitMs`. An unknown agent is told to
   * register.
   */
  async lease(agentId: string, waitMs: number): Promise<Result<AttemptGrant | null, Refusal>> {
    const deadline = Date.now() + waitMs;
    const life = this.#lives.get(agentId);
    for (;;) {
      if (this.#lives.get(agentId) !== life) return ok(null);
      if (!this.#store.seen(agentId, Date.now()))
        return refuse({ code: "not_found", detail: "The agent has to register." });
      const grant = await this.#next(agentId);
      if (grant !== null) return ok(grant);
      const left = deadline - Date.now();
      if (left <= 0) return ok(null);
      await this.#waiters.wait(left);
    }
  }

  async #next(agentId: string): Promise<AttemptGrant | null> {
    for (;;) {
      const job = this.#store.take();
      if (job === null) return null;
      const { tenant, jobId } = job;
      try {
        const grant = await gpuJob(this.env, tenant, jobId).startAttempt(agentId, this.#store.versionOf(agentId));
        // A refusal means that the job has ended or is at work elsewhere: it needs no agent.
        if (grant.ok) return grant.value;
      } catch (error) {
        this.#store.offer(job, Date.now());
        throw error;
      }
    }
  }
}
