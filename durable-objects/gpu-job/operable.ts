/**
 * What others may ask of a job: how it is, what happened, and what its owner wants of it.
 *
 * K1 An operation's key is kept in the transaction of its events, with the answer; one that changes nothing keeps its
 *    key too. So a repetition is answered as the first was, and has no effect.
 */
import type { JournalEvent } from "../../shared/contracts/asset.ts";
import type { JobView } from "../../shared/contracts/job.ts";
import type { Refusable } from "../../shared/contracts/objects.ts";
import type { Once, Repeatable } from "../../shared/contracts/once.ts";
import { ok, refuse } from "../../shared/core/result.ts";
import { traceIdOf } from "../../shared/core/trace-context.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { Actor } from "../runtime/actor.ts";
import { keptReply } from "../runtime/idempotency.ts";
import type { ActorSchema } from "../runtime/schema.ts";
import { Waiters } from "../runtime/waiters.ts";
import type { JobCommand } from "./core/commands.ts";
import { decide } from "./core/decide.ts";
import type { JobEvent } from "./core/events.ts";
import { evolve } from "./core/evolve.ts";
import { initialState, type JobState, STATE_VERSION } from "./core/state.ts";
import { upcast } from "./core/upcast.ts";
import { viewOf } from "./core/view.ts";

type Operation = Extract<JobCommand, { type: "confirm" | "pause" | "resume" | "cancel" | "change-priority" }>;

export abstract class OperableJob extends Actor<JobState, JobCommand, JobEvent, Refusal> {
  readonly #waiters = new Waiters();

  constructor(ctx: DurableObjectState, env: Env, schema: ActorSchema) {
    super(ctx, env, { initialState, stateVersion: STATE_VERSION, decide, evolve, upcast }, schema);
  }

  async get(): Refusable<JobView> {
    return this.state.phase === "absent" ? notFound : ok(viewOf(this.state, this.journal.seq));
  }

  async events(page: { after: number; limit: number; waitMs?: number }): Refusable<{ events: JournalEvent[] }> {
    if (this.state.phase === "absent") return notFound;
    const { waitMs = 0 } = page;
    if (waitMs > 0 && this.journal.seq <= page.after) await this.#waiters.wait(waitMs);
    return ok({ events: this.journal.read(page.after, page.limit) });
  }

  async confirm(once: Once | null = null): Repeatable<JobView> {
    return this.#operate({ type: "confirm" }, once);
  }

  async pause(once: Once | null = null): Repeatable<JobView> {
    return this.#operate({ type: "pause" }, once);
  }

  async resume(once: Once | null = null): Repeatable<JobView> {
    return this.#operate({ type: "resume" }, once);
  }

  async cancel(once: Once | null = null): Repeatable<JobView> {
    return this.#operate({ type: "cancel" }, once);
  }

  async changePriority(priority: number, ifSeq: number | null = null): Refusable<JobView> {
    if (ifSeq !== null && this.state.phase !== "absent" && ifSeq !== this.journal.seq) return outdated;
    return this.#operate({ type: "change-priority", priority }, null);
  }

  protected override onCommitted(): void {
    this.#waiters.wake();
  }

  /** The trace of the request that led to the job; null when that is unknown. */
  protected traceparent(): string | null {
    return this.state.phase === "absent" ? null : (this.state.spec.traceparent ?? null);
  }

  /** Beside what the shell tells: which job it is, and the trace that leads to it. */
  protected override logFault(event: string, error: unknown): void {
    const { state } = this;
    // eslint-disable-next-line no-console -- the platform's log is the console
    console.error(
      JSON.stringify({
        event,
        object: "GpuJob",
        jobId: state.phase === "absent" ? null : state.jobId,
        traceId: traceIdOf(this.traceparent()),
        error: error instanceof Error ? error.message : String(error),
      }),
    );
  }

  async #operate(command: Operation, once: Once | null): Repeatable<JobView> {
    const now = this.now();
    const known = once === null ? null : this.idempotency.look(once.key, once.fingerprint, now);
    if (known?.kind === "conflict") return keyIsTaken;
    if (known?.kind === "same") {
      // SAFETY: recorded below; the key has the operation in it.
      const first = known.reply as JobView | null;
      return { ...(first === null ? await this.get() : ok(first)), replayed: true };
    }
    // Deciding and evolving are pure: `execute` comes to the same, and the answer is there to be kept with the events.
    const decided = decide(this.state, command);
    if (!decided.ok) return decided;
    const next = decided.value.reduce((state, event) => evolve(state, event, now), this.state);
    if (next.phase === "absent") return notFound;
    const view = viewOf(next, this.journal.seq + decided.value.length);
    const keep = (): void => {
      if (once !== null) this.idempotency.record(once.key, once.fingerprint, keptReply(view), now);
    };
    this.execute(command, keep);
    if (decided.value.length === 0) keep();
    return ok(view);
  }
}

export const notFound = refuse<Refusal>({ code: "not_found", detail: "There is no such job." });

const outdated = refuse<Refusal>({
  code: "precondition_failed",
  detail: "Something has happened to the job since; read it again.",
});

const keyIsTaken = refuse<Refusal>({
  code: "idempotency_conflict",
  detail: "The key was used for another request to this job.",
});
