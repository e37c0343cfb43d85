/**
 * How a tenant comes to its end: what is asked of the object about its deletion, and the alarm that takes it on. What each
 * step does stands in deletion/steps.ts, the course of them in core/deletion.ts.
 *
 * E1 The alarm is set again before a round, and never throws.
 * E2 What is left of a deleted tenant writes nothing but how its deletion stands: no message, settlement or claim that
 *    comes late brings anything back.
 */
import type { Refusable } from "../../shared/contracts/objects.ts";
import type { Once, Repeatable } from "../../shared/contracts/once.ts";
import type { TenantDeletion, TenantDeletionRpc } from "../../shared/contracts/tenant-deletion.ts";
import { ok, refuse } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { Leases } from "../runtime/leases.ts";
import { begun, type DeletionState, retried, turnedUp, viewOfDeletion } from "./core/deletion.ts";
import { runDeletion } from "./deletion/run.ts";
import { counted, DeletionStore } from "./deletion/store.ts";
import { type DeletionWorld, worldOf } from "./deletion/world.ts";
import { commanded } from "./once.ts";
import { noTenant, ProfileStore } from "./profile.ts";
import { TenantWork } from "./work.ts";

/** An alarm may run for 15 minutes; but the sooner it ends, the sooner one that was cut off runs again. */
const LONGEST_RUN_MS = 10_000;
/** When an alarm that was cut off in its work runs again. One that takes longer is not run beside itself. */
const REARM_MS = 15_000;

export abstract class TenantEnding extends TenantWork implements TenantDeletionRpc {
  /** What the deletion reaches outside. Not a method: no caller can set it. */
  world: (env: Env, tenant: string) => DeletionWorld = worldOf;
  protected readonly profile: ProfileStore;
  protected readonly leases = new Leases();
  readonly #deletion: DeletionStore;
  #running: Promise<void> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.profile = new ProfileStore(ctx.storage.sql);
    this.#deletion = new DeletionStore(ctx.storage.sql);
  }

  async deleteTenant(): Refusable<TenantDeletion> {
    const nowMs = Date.now();
    if (this.#state() === null) {
      if (!this.presence.exists) return noTenant;
      const begin = this.ctx.storage.transactionSync(() => {
        const became = this.profile.become("deleting", nowMs);
        if (became.ok) this.#deletion.keep(begun(nowMs));
        return became;
      });
      if (!begin.ok) return begin;
      this.presence.look();
    }
    // Nothing was waited for: the alarm is durable with the beginning, or neither is.
    await this.#arm(nowMs);
    await this.leases.over();
    return this.deletion();
  }

  async deletion(): Refusable<TenantDeletion> {
    const state = this.#state();
    return state === null ? noDeletion : ok(viewOfDeletion(state));
  }

  async retryDeletion(once: Once | null): Repeatable<TenantDeletion> {
    if (this.#state() === null) return noDeletion;
    const outcome = commanded<TenantDeletion, TenantDeletion>(
      this.ctx.storage,
      once,
      (nowMs) => {
        const state = this.#state();
        if (state === null || state.status === "completed") return notStuck;
        const next = retried(state, nowMs);
        if (next !== state) this.#deletion.keep(next);
        return ok(viewOfDeletion(next));
      },
      { keep: (view) => view, replay: ok },
    );
    await this.#arm(Date.now());
    return outcome;
  }

  async takeAsset(assetId: string): Promise<boolean> {
    const state = this.#state();
    if (state === null) return false;
    const isNews = this.ctx.storage.transactionSync(() => {
      if (this.#deletion.found([assetId]) === 0) return false;
      this.#deletion.keep(counted(turnedUp(state, Date.now()), { assets: 1 }));
      return true;
    });
    if (!isNews) return true;
    await this.#arm(Date.now());
    return true;
  }

  protected async takeJob(jobId: string): Promise<void> {
    const state = this.#state();
    if (state === null) return;
    this.ctx.storage.transactionSync(() => {
      this.#deletion.foundJob(jobId);
      this.#deletion.keep(turnedUp(state, Date.now()));
    });
    await this.#arm(Date.now());
  }

  /** Goes on with the deletion, if there is one: then the alarm is its own. */
  protected async goOnWithDeletion(): Promise<boolean> {
    const tenant = this.profile.get()?.tenant;
    if (this.#state() === null || tenant === undefined) return false;
    this.#running ??= this.#run(tenant).finally(() => {
      this.#running = null;
    });
    await this.#running;
    return true;
  }

  /** E1. */
  async #run(tenant: string): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + REARM_MS);
    try {
      const dueAtMs = await runDeletion(
        {
          tenant,
          storage: this.ctx.storage,
          store: this.#deletion,
          world: this.world(this.env, tenant),
          leasesOver: () => this.leases.over(),
          now: () => Date.now(),
          onFault: (event, error) => this.#logFault(event, error),
        },
        LONGEST_RUN_MS,
      );
      this.presence.look();
      await (dueAtMs === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(dueAtMs));
    } catch (error) {
      this.#logFault("tenant_deletion_failed", error);
    }
  }

  #state(): DeletionState | null {
    return this.presence.hasTables ? this.#deletion.get() : null;
  }

  /** Sets the alarm where there is something to do; the earliest stands. */
  async #arm(atMs: number): Promise<void> {
    if ((this.#state()?.dueAtMs ?? null) !== null) await this.ctx.storage.setAlarm(atMs);
  }

  #logFault(event: string, error: unknown): void {
    // eslint-disable-next-line no-console -- the platform's log is the console
    console.error(
      JSON.stringify({
        event,
        tenant: this.profile.get()?.tenant ?? null,
        error: error instanceof Error ? error.message : String(error),
      }),
    );
  }
}

const noDeletion = refuse<Refusal>({ code: "not_found", detail: "There is no deletion of such a tenant." });
const notStuck = refuse<Refusal>({ code: "tenant_deletion_not_stuck", detail: "The deletion has come to its end." });
