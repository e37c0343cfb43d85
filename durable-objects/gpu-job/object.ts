/**
 * One GPU job: its attempts, their reports, its checkpoints. Sequences only; the rules are in core/.
 * Addressed by `tenant/job`.
 */
import type { BlobRef, Report, ReportReply, StepOutcome } from "../../shared/contracts/agent.ts";
import type { Step } from "../../shared/contracts/operations.ts";
import type { Effect } from "../../shared/core/effect.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { GpuProvider } from "../../shared/ports/gpu-provider.ts";
import type { OutboxRow } from "../runtime/outbox.ts";
import type { JobCommand } from "./core/commands.ts";
import { attemptDeadline, type Heard, HEARTBEAT_SECONDS, LEASE_SECONDS } from "./core/deadlines.ts";
import { admits } from "./core/decide-report.ts";
import { effects, place } from "./core/effects.ts";
import type { JobEvent } from "./core/events.ts";
import { nextPollAtMs, submissionSettlesMs } from "./core/poll-schedule.ts";
import { admitReports } from "./core/report-window.ts";
import { JobSpec } from "./core/spec.ts";
import { type Attempt, blobPrefix, currentAttempt, type JobState, type LiveJob, TERMINAL } from "./core/state.ts";
import { deliverJob, type ToAsset } from "./deliver.ts";
import { offload } from "./offload.ts";
import { notFound, OperableJob } from "./operable.ts";
import { cancelRun, coordinatesOf, ProviderCommand, type ProviderPlacement, submitRun } from "./provider-run.ts";
import { REPORT_SCHEMA, ReportStore } from "./report-store.ts";

/** What an agent needs to begin; the edge adds the signed URLs. */
export type AttemptGrant = {
  readonly tenant: string;
  readonly assetId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly steps: readonly Step[];
  readonly input: JobSpec["input"];
  /** The last two committed, newest first. */
  readonly checkpoints: readonly { readonly blob: BlobRef }[];
  readonly leaseSeconds: number;
  readonly heartbeatSeconds: number;
  readonly deadlineAtMs: number;
  /** The trace of the request that led to the job; null when that is unknown. */
  readonly traceparent: string | null;
};

/** A webhook brings the next question forward to this distance, so that a storm of them asks no more often. */
const HINT_MS = 1_000;

export class GpuJob extends OperableJob {
  readonly #reports: ReportStore;
  #heard: Heard | null;
  #spec: { readonly of: JobSpec; readonly text: string } | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, REPORT_SCHEMA);
    this.#reports = new ReportStore(ctx.storage.sql);
    this.#heard = this.#heardBefore();
  }

  #heardBefore(): Heard | null {
    // SAFETY: written from `aside`, in the beginning without the reports that are held.
    const aside = this.readAside() as (Omit<Heard, "heldReports"> & Partial<Heard>) | null;
    if (aside !== null) return { heldReports: [], ...aside };
    if (this.state.phase === "absent") return null;
    const attempt = this.state.attempts.at(-1);
    return attempt === undefined ? null : this.#reports.heardBefore(attempt.number, attempt.startedAtMs);
  }

  /** What the job was submitted with is most of its state, and stays. */
  protected override textOf(state: JobState): string {
    if (state.phase === "absent") return super.textOf(state);
    const { spec, ...changing } = state;
    if (this.#spec?.of !== spec) this.#spec = { of: spec, text: JSON.stringify(spec) };
    return `{"spec":${this.#spec.text},${JSON.stringify(changing).slice(1)}`;
  }

  protected override aside(): Heard | null {
    return this.#heard;
  }

  /** The provider of that name. None is connected yet: placement knows agents only. */
  protected provider(name: string): GpuProvider {
    throw new Error(`There is no provider ${name}`);
  }

  /** Idempotent: a job is submitted once, whatever is sent again. Members of the spec with defaults may be left out. */
  async submit(jobId: string, spec: unknown): Promise<Result<null, Refusal>> {
    return asNull(this.execute({ type: "submit", jobId, spec: JobSpec.parse(spec) }));
  }

  /** An attempt for an agent that asks for work. `engine` is the release that would do it. */
  async startAttempt(agentId: string, engine: string | null = null): Promise<Result<AttemptGrant, Refusal>> {
    const started = this.execute({ type: "start-attempt", placement: { kind: "agent", agentId }, engine });
    if (!started.ok) return started;
    const { state } = this;
    if (state.phase === "absent") return notFound;
    const { spec, jobId, finishedSteps, checkpoints, createdAtMs, attempts } = state;
    return ok({
      tenant: spec.tenant,
      assetId: spec.assetId,
      jobId,
      attempt: attempts.length,
      steps: spec.steps.filter(({ id }) => !finishedSteps.includes(id)),
      input: spec.input,
      checkpoints,
      leaseSeconds: LEASE_SECONDS,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      deadlineAtMs: createdAtMs + spec.limits.totalMs,
      traceparent: spec.traceparent ?? null,
    });
  }

  /** An attempt for a provider that takes whole jobs: the intent is durable before the provider hears of it. */
  async startOnProvider(
    placement: Omit<ProviderPlacement, "kind" | "externalId">,
    engine: string | null = null,
  ): Promise<Result<{ attempt: number }, Refusal>> {
    const intent: ProviderPlacement = { kind: "provider", ...placement, externalId: null };
    const started = this.execute({ type: "start-attempt", placement: intent, engine });
    if (!started.ok) return started;
    return this.state.phase === "absent" ? notFound : ok({ attempt: this.state.attempts.length });
  }

  /** Takes reports of an attempt in any order and number; the answer means that they are durable. */
  async takeReports(attempt: number, given: readonly Report[]): Promise<Result<ReportReply, Refusal>> {
    const reports = await this.#offloaded(attempt, given);
    const admitted = admits(this.state, attempt);
    if (!admitted.ok) return admitted;
    const now = this.now();
    const before = this.#heard?.attempt === attempt ? this.#heard : newlyHeard(attempt, now);
    const admission = admitReports({ applied: before.applied, held: this.#reports.held(before) }, reports);
    if (admission.overflow) {
      return refuse({
        code: "too_many_held_reports",
        detail: `Report ${before.applied + 1} of attempt ${attempt} is missing.`,
      });
    }
    // All of it is known: what it says of the agent's life need not outlive the object's memory.
    if (admission.duplicates === reports.length) {
      this.#heard = { ...before, lastHeardAtMs: now };
      return ok({ accepted: 0, duplicates: admission.duplicates, held: 0, directive: this.#directive() });
    }
    const waiting = [
      ...before.held.filter((seq) => !admission.release.includes(seq)),
      ...admission.hold.map(({ seq }) => seq),
    ];
    const gapSinceMs = waiting.length === 0 ? null : (before.gapSinceMs ?? now);
    const heldReports = this.#reports.aside(before, admission);
    const { applied } = admission;
    this.#hear({ attempt, applied, held: waiting, heldReports, lastHeardAtMs: now, gapSinceMs }, () => {
      this.executeAll(
        admission.apply.map((report) => ({ type: "report", attempt, report })),
        (events) => {
          this.#reports.write(before, admission, heldReports);
          const partials = admission.apply.filter((report) => report.type === "partial");
          this.#tellSteps(admitted.value, events, partials);
        },
      );
    });
    return ok({
      accepted: admission.apply.length,
      duplicates: admission.duplicates,
      held: admission.hold.length,
      directive: this.#directive(),
    });
  }

  /** A provider says that something has happened to the run. It is not believed: it only brings the question forward. */
  async hint(attempt: number): Promise<void> {
    const { state } = this;
    if (state.phase === "absent" || currentAttempt(state)?.number !== attempt) return;
    const dueAtMs = this.timers.at("poll");
    if (dueAtMs !== null && dueAtMs > this.now() + HINT_MS) this.remind("poll", this.now() + HINT_MS);
  }

  /**
   * For the deletion of its tenant: nothing is kept of a job that has ended. False, and the job stays, while it has not, or
   * a provider has not been told of its end.
   */
  async erase(): Promise<boolean> {
    if (this.state.phase === "absent") return true;
    if (!TERMINAL.has(this.state.status)) {
      this.execute({ type: "cancel" });
      return false;
    }
    if (this.outbox.waitsFor("provider") || !(await this.wipe())) return false;
    this.#heard = null;
    return true;
  }

  protected override effects(state: JobState, event: JobEvent, atMs: number): readonly Effect[] {
    return effects(state, event, atMs);
  }

  /** A provider may take so long to show a run that it was asked for. */
  protected override settlingMs(row: OutboxRow): number {
    if (row.target !== "provider") return 0;
    const { command, attempt } = ProviderCommand.parse(row.body);
    const found = command === "submit" ? this.#onProvider(attempt) : null;
    return found === null ? 0 : submissionSettlesMs(found.placement, Math.random());
  }

  protected override async deliver(row: OutboxRow): Promise<void> {
    if (row.target === "provider") await this.#commandProvider(ProviderCommand.parse(row.body));
    else await deliverJob(this.env, row, this.traceparent());
  }

  protected override async onTimer(name: string, nowMs: number): Promise<void> {
    const { state } = this;
    if (state.phase === "absent") return;
    switch (name) {
      case "attempt":
        this.#checkDeadline(state, nowMs);
        return;
      case "requeue": {
        const again = place(state);
        if (again.kind === "send" && state.status === "queued") this.send(again);
        return;
      }
      case "poll":
        await this.#poll(state);
        return;
      case "grace":
        this.execute({ type: "end-grace" });
        return;
      case "expire":
        this.execute({ type: "expire" });
        return;
      case "lease": // Set by release 0.1.0.
        this.#checkDeadline(state, nowMs);
        return;
      default:
        throw new Error(`Unknown timer ${name}`);
    }
  }

  #directive(): ReportReply["directive"] {
    if (this.state.phase === "absent" || TERMINAL.has(this.state.status)) return "stop";
    return this.state.status === "canceling" || this.state.pauseRequested ? "drain" : "continue";
  }

  /** What was heard changes with the transaction that makes it durable, or not at all. */
  #hear(heard: Heard, persist: () => void): void {
    const before = this.#heard;
    this.#heard = heard;
    try {
      if (before !== null && before.attempt < heard.attempt) this.#reports.forget(before);
      persist();
    } catch (error) {
      this.#heard = before;
      throw error;
    }
  }

  async #offloaded(attempt: number, reports: readonly Report[]): Promise<readonly Report[]> {
    const { state } = this;
    if (state.phase === "absent" || !reports.some((report) => report.type === "partial")) return reports;
    const prefix = blobPrefix(state.spec, state.jobId, attempt);
    return Promise.all(
      reports.map(async (report) => (report.type === "partial" ? offload(this.env.MEDIA, prefix, report) : report)),
    );
  }

  /** Findings are too bulky for the journal: they wait in the outbox for the asset, in the events' transaction. */
  #tellSteps(job: LiveJob, events: readonly JobEvent[], outcomes: readonly StepOutcome[]): void {
    for (const event of events) {
      if (event.type !== "StepReported") continue;
      const outcome = outcomes.find(({ step }) => step === event.data.step);
      if (outcome === undefined) continue;
      const { step, status, reason, metadata, insights, insightsBlob } = outcome;
      const address = { tenant: job.spec.tenant, assetId: job.spec.assetId, jobId: job.jobId };
      const body: ToAsset = { ...address, type: "step", step, status, reason, metadata, insights, insightsBlob };
      this.outbox.add(
        [{ target: "object:media-asset", key: `step:${step}`, body, confirmedByReceiver: false }],
        this.now(),
      );
    }
  }

  #checkDeadline(state: LiveJob, nowMs: number): void {
    const attempt = currentAttempt(state);
    const deadline = attemptDeadline(state, this.#heard);
    if (attempt === null || deadline === null) return;
    if (deadline.atMs > nowMs) {
      this.remind("attempt", deadline.atMs);
      return;
    }
    const { cause, detail } = deadline;
    this.execute({ type: "end-attempt", attempt: attempt.number, cause, reason: { code: cause, detail } });
  }

  async #commandProvider({ command, attempt: number }: ReturnType<typeof ProviderCommand.parse>): Promise<void> {
    const found = this.#onProvider(number);
    if (found === null) return;
    const { job, attempt, placement } = found;
    const provider = this.provider(placement.provider);
    if (command === "cancel") {
      await cancelRun(provider, job, attempt, placement);
      return;
    }
    if (attempt.endedAtMs !== null || placement.externalId !== null) return;
    const submission = await submitRun(provider, job, attempt, placement);
    if (submission.kind === "placed") {
      this.execute({ type: "place-attempt", attempt: number, externalId: submission.externalId });
      return;
    }
    const { cause, detail } = submission;
    this.execute({ type: "end-attempt", attempt: number, cause, reason: { code: cause, detail } });
  }

  /** Asks the recorded coordinates how the run is, and acts on the answer: the one thing that decides its end. */
  async #poll(state: LiveJob): Promise<void> {
    const current = currentAttempt(state);
    const found = current === null ? null : this.#onProvider(current.number);
    const run = found === null ? null : coordinatesOf(found.placement);
    if (found === null || run === null) return;
    const { attempt, placement } = found;
    const answer = await this.provider(placement.provider).status(run);
    switch (answer.status) {
      case "succeeded":
        await this.#takeResult(attempt.number, answer.outcomes);
        return;
      case "failed": {
        const reason = { code: answer.cause, detail: answer.detail };
        this.execute({ type: "end-attempt", attempt: attempt.number, cause: answer.cause, reason });
        return;
      }
      case "unknown": {
        const reason = { code: "result_lost", detail: "The provider does not know the run any more." };
        this.execute({ type: "end-attempt", attempt: attempt.number, cause: "result_lost", reason });
        return;
      }
      case "running":
        this.execute({ type: "observe-running", attempt: attempt.number });
        break;
      case "queued":
        break;
    }
    this.remind("poll", nextPollAtMs(placement, attempt.placedAtMs ?? attempt.startedAtMs, this.now()));
  }

  async #takeResult(attempt: number, given: readonly StepOutcome[]): Promise<void> {
    const { state } = this;
    if (state.phase === "absent") return;
    const prefix = blobPrefix(state.spec, state.jobId, attempt);
    const outcomes = await Promise.all(given.map((outcome) => offload(this.env.MEDIA, prefix, outcome)));
    this.executeAll(
      [
        ...outcomes.map((outcome): JobCommand => ({ type: "observe-outcome", attempt, outcome })),
        { type: "observe-success", attempt },
      ],
      (events) => this.#tellSteps(state, events, outcomes),
    );
  }

  #onProvider(number: number): { job: LiveJob; attempt: Attempt; placement: ProviderPlacement } | null {
    const { state } = this;
    if (state.phase === "absent") return null;
    const attempt = state.attempts.find((each) => each.number === number);
    return attempt?.placement.kind === "provider" ? { job: state, attempt, placement: attempt.placement } : null;
  }
}

const newlyHeard = (attempt: number, nowMs: number): Heard => ({
  attempt,
  applied: 0,
  held: [],
  heldReports: [],
  lastHeardAtMs: nowMs,
  gapSinceMs: null,
});

const asNull = (result: Result<unknown, Refusal>): Result<null, Refusal> => (result.ok ? ok(null) : result);
