/**
 * One GPU job: its attempts, their reports, its checkpoints. Sequences only; the rules are in core/.
 * Addressed by `tenant/job`.
 */
import type { Report, ReportReply } from "../../shared/contracts/agent.ts";
import type { JournalEvent } from "../../shared/contracts/asset.ts";
import type { JobView } from "../../shared/contracts/job.ts";
import type { Step } from "../../shared/contracts/operations.ts";
import type { Effect } from "../../shared/core/effect.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { Actor } from "../runtime/actor.ts";
import type { OutboxRow } from "../runtime/outbox.ts";
import { admits, decide, type JobCommand } from "./core/decide.ts";
import { effects, HEARTBEAT_SECONDS, JOB_TTL_MS, LEASE_SECONDS, place } from "./core/effects.ts";
import type { JobEvent } from "./core/events.ts";
import { evolve } from "./core/evolve.ts";
import { admitReports } from "./core/report-window.ts";
import type { JobSpec } from "./core/spec.ts";
import { type Checkpoint, currentAttempt, initialState, type JobState, TERMINAL } from "./core/state.ts";
import { viewOf } from "./core/view.ts";
import { deliverJob, type ToAsset } from "./deliver.ts";
import { REPORT_SCHEMA, ReportStore } from "./report-store.ts";

/** What an agent needs to begin; the edge adds the signed URLs. */
export type AttemptGrant = {
  readonly tenant: string;
  readonly assetId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly steps: readonly Step[];
  readonly input: JobSpec["input"];
  readonly checkpoint: Checkpoint | null;
  readonly leaseSeconds: number;
  readonly heartbeatSeconds: number;
  readonly deadlineAtMs: number;
};

export class GpuJob extends Actor<JobState, JobCommand, JobEvent, Refusal> {
  readonly #reports: ReportStore;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, { initialState, decide, evolve }, REPORT_SCHEMA);
    this.#reports = new ReportStore(ctx.storage.sql);
  }

  /** Idempotent: a job is submitted once, whatever is sent again. */
  async submit(jobId: string, spec: JobSpec): Promise<Result<null, Refusal>> {
    const submitted = this.execute({ type: "submit", jobId, spec });
    return submitted.ok ? ok(null) : submitted;
  }

  async startAttempt(agentId: string): Promise<Result<AttemptGrant, Refusal>> {
    const started = this.execute({ type: "start-attempt", agentId });
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
      checkpoint: checkpoints[0] ?? null,
      leaseSeconds: LEASE_SECONDS,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      deadlineAtMs: createdAtMs + JOB_TTL_MS,
    });
  }

  /** Takes reports of an attempt in any order and number; the answer means that they are durable. */
  async takeReports(attempt: number, reports: readonly Report[]): Promise<Result<ReportReply, Refusal>> {
    const admitted = admits(this.state, attempt);
    if (!admitted.ok) return admitted;
    const window = this.#reports.window(attempt);
    const admission = admitReports(window, reports);
    if (admission.overflow) {
      return refuse({
        code: "too_many_held_reports",
        detail: `Report ${window.applied + 1} of attempt ${attempt} is missing.`,
      });
    }
    const { spec, jobId } = admitted.value;
    const finished = new Set(admitted.value.finishedSteps);
    const open = !TERMINAL.has(admitted.value.status);
    this.executeAll(
      admission.apply.map((report) => ({ type: "report", attempt, report })),
      () => {
        this.#reports.write(attempt, admission);
        if (!open) return;
        // Findings are too bulky for the journal: they wait in the outbox for the asset, in this transaction.
        for (const report of admission.apply) {
          if (report.type !== "partial" || finished.has(report.step)) continue;
          finished.add(report.step);
          const { step, status, reason, metadata, insights, insightsBlob } = report;
          const address = { tenant: spec.tenant, assetId: spec.assetId, jobId };
          const body: ToAsset = { ...address, type: "step", step, status, reason, metadata, insights, insightsBlob };
          this.outbox.add(
            [{ target: "object:media-asset", key: `step:${step}`, body, confirmedByReceiver: false }],
            this.now(),
          );
        }
        if (this.state.phase === "live" && currentAttempt(this.state) !== null) {
          this.timers.set("lease", this.now() + LEASE_SECONDS * 1000);
        }
      },
    );
    return ok({
      accepted: admission.apply.length,
      duplicates: admission.duplicates,
      held: admission.hold.length,
      directive: this.state.phase === "live" && TERMINAL.has(this.state.status) ? "stop" : "continue",
    });
  }

  async cancel(): Promise<Result<null, Refusal>> {
    const canceled = this.execute({ type: "cancel" });
    return canceled.ok ? ok(null) : canceled;
  }

  async get(): Promise<Result<JobView, Refusal>> {
    return this.state.phase === "absent" ? notFound : ok(viewOf(this.state, this.journal.seq));
  }

  async events(page: { after: number; limit: number }): Promise<Result<{ events: JournalEvent[] }, Refusal>> {
    return this.state.phase === "absent" ? notFound : ok({ events: this.journal.read(page.after, page.limit) });
  }

  protected override effects(state: JobState, event: JobEvent, atMs: number): readonly Effect[] {
    return effects(state, event, atMs);
  }

  protected override async deliver(row: OutboxRow): Promise<void> {
    await deliverJob(this.env, row);
  }

  protected override onTimer(name: string): void {
    const { state } = this;
    if (state.phase === "absent") return;
    switch (name) {
      case "lease": {
        const attempt = currentAttempt(state);
        if (attempt !== null) this.execute({ type: "lose-heartbeat", attempt: attempt.number });
        return;
      }
      case "requeue": {
        const again = place(state);
        if (again.kind === "send" && state.status === "queued") this.send(again);
        return;
      }
      case "expire":
        this.execute({ type: "expire" });
        return;
      default:
        throw new Error(`Unknown timer ${name}`);
    }
  }
}

const notFound = refuse<Refusal>({ code: "not_found", detail: "There is no such job." });
