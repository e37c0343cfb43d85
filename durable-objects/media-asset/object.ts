/**
 * One media asset: its upload, its journal, its analysis, its end. Sequences only; the rules are in core/.
 * Addressed by `tenant/asset`.
 */
import { z } from "zod";
import type { AssetSaga, AssetView, CompleteAsset, CreateAsset } from "../../shared/contracts/asset.ts";
import type { NewInsight } from "../../shared/contracts/insight.ts";
import type { Once, Repeatable } from "../../shared/contracts/once.ts";
import type { Inspection, Reason } from "../../shared/contracts/media.ts";
import type { MediaAssetRpc, Refusable, UploadGrant } from "../../shared/contracts/objects.ts";
import { canonicalJson } from "../../shared/core/canonical-json.ts";
import type { StoredEvent } from "../../shared/core/decider.ts";
import type { Effect } from "../../shared/core/effect.ts";
import { newId } from "../../shared/core/ids.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { JobSpec } from "../gpu-job/core/spec.ts";
import { gpuJob, tenantObject } from "../addresses.ts";
import type { OutboxRow } from "../runtime/outbox.ts";
import type { AssetCommand } from "./core/commands.ts";
import { assetDecider } from "./core/decider.ts";
import { effects, INDEX, tellIndex } from "./core/effects.ts";
import type { AssetEvent } from "./core/events.ts";
import { currentStep, type SagaStep } from "./core/saga.ts";
import { type AssetState, heldBy, isOpen, type LiveAsset } from "./core/state.ts";
import { deliverAsset } from "./deliver.ts";
import { fitsRows } from "./insights.ts";
import { keepResults, NO_RESULTS, reusableResults } from "./reuse-results.ts";
import { ReadableAsset } from "./readable.ts";
import { deletePrefix, runSagaStep, sweepBlobs, sweepLate } from "./saga-steps.ts";
import { cachePrefixOf } from "./step-cache.ts";
import { finishStep, type StepResult } from "./step-result.ts";
import { traced } from "./traced.ts";

export class MediaAsset extends ReadableAsset implements MediaAssetRpc {
  /** The newest trace that the asset was told of. In memory only: it explains and decides nothing. */
  #traceparent: string | null = null;

  async create(command: {
    tenant: string;
    assetId: string;
    body: CreateAsset;
    counted?: boolean;
  }): Repeatable<AssetView> {
    const fingerprint = canonicalJson(command.body);
    const before = this.idempotency.look("create", fingerprint, this.now());
    if (before.kind === "same") return { ...this.view(), replayed: true };
    const created = this.execute({ type: "create", ...command }, () => {
      this.idempotency.record("create", fingerprint, null, this.now());
    });
    return created.ok ? this.view() : created;
  }

  async beginUpload(): Refusable<UploadGrant> {
    const begun = this.execute({ type: "begin-upload" });
    if (!begun.ok) return begun;
    const state = this.live();
    if (state?.upload == null) return refuse({ code: "asset_not_uploading", detail: "The upload has ended." });
    return ok({
      upload: state.upload.number,
      key: state.upload.key,
      maxBytes: Number(this.env.MAX_UPLOAD_BYTES),
      expectedSizeBytes: state.expectedSizeBytes,
      expectedSha256: state.expectedSha256,
    });
  }

  async noteMultipart(upload: number, multipartId: string): Refusable<null> {
    return asNull(this.execute({ type: "note-multipart", upload, multipartId }));
  }

  async finishUpload(upload: number, content: { sizeBytes: number; sha256: string }): Refusable<AssetView> {
    const finished = this.execute({ type: "finish-upload", upload, ...content });
    return finished.ok ? this.view() : finished;
  }

  async failUpload(upload: number): Refusable<null> {
    return asNull(this.execute({ type: "fail-upload", upload }));
  }

  async complete(
    body: CompleteAsset,
    once: Once | null = null,
    traceparent: string | null = null,
  ): Repeatable<AssetView> {
    this.#traceparent = traceparent ?? this.#traceparent;
    const view = (): Result<AssetView, Refusal> => this.view();
    return this.#once(once, (within) => this.execute({ type: "complete", body }, within), view);
  }

  /** Hidden at once; content and findings go after the retention, or now. */
  async delete({ purge }: { purge: boolean } = { purge: false }): Refusable<null> {
    const retentionMs = Number(this.env.DELETED_RETENTION_HOURS) * 3_600_000;
    return asNull(this.execute({ type: "delete", purge, retentionMs }));
  }

  async restore(once: Once | null = null, traceparent: string | null = null): Repeatable<AssetView> {
    this.#traceparent = traceparent ?? this.#traceparent;
    const command: AssetCommand = { type: "restore", newJobId: this.#newJobId() };
    return this.#once(
      once,
      (within) => this.execute(command, within),
      () => this.view(),
    );
  }

  async rerun(
    fromStep: string | null,
    once: Once | null = null,
    traceparent: string | null = null,
  ): Repeatable<AssetView> {
    this.#traceparent = traceparent ?? this.#traceparent;
    const command: AssetCommand = { type: "rerun", fromStep, newJobId: this.#newJobId() };
    return this.#once(
      once,
      (within) => this.#executeWithRows(command, null, within),
      () => this.view(),
    );
  }

  async retrySaga(once: Once | null = null): Repeatable<AssetSaga> {
    const act = (within: () => void) => this.execute({ type: "retry-saga" }, within);
    return this.#once(once, act, () => this.sagaView());
  }

  async abandonSaga(once: Once | null = null): Repeatable<AssetSaga> {
    const act = (within: () => void) => this.execute({ type: "abandon-saga" }, within);
    return this.#once(once, act, () => this.sagaView());
  }

  /**
   * For the deletion of its tenant: nothing is kept of a purged asset and its jobs, not even the journal. False, and the
   * asset stays, while it is not purged or a job of it has not ended.
   */
  async erase(): Promise<boolean> {
    const { state } = this;
    if (state.phase === "absent") return true;
    const gone = state.deletion?.purgedAtMs != null || state.saga?.status === "abandoned";
    if (state.status !== "deleted" || !gone) return false;
    const jobIds = new Set<string>();
    for (const { event } of this.journal.upTo(this.journal.seq)) for (const id of jobsPlannedBy(event)) jobIds.add(id);
    let ended = true;
    for (const jobId of jobIds) ended = (await gpuJob(this.env, state.tenant, jobId).erase()) && ended;
    return ended && this.wipe();
  }

  async recordInspection(inspection: Inspection, traceparent: string | null = null): Refusable<null> {
    this.#traceparent = traceparent ?? this.#traceparent;
    return asNull(this.execute({ type: "record-inspection", inspection, newJobId: this.#newJobId() }));
  }

  /** Ends one step of the analysis with what it found. Idempotent by step. */
  async recordStep(result: StepResult, traceparent: string | null = null): Refusable<null> {
    this.#traceparent = traceparent ?? this.#traceparent;
    return asNull(this.#recordStep(result, false));
  }

  /** How far the job has come; anything but news is passed over. */
  async recordProgress(jobId: string, fraction: number): Refusable<null> {
    return asNull(this.execute({ type: "advance", jobId, fraction }));
  }

  /** The job has ended; steps it left open end with it, or go to another. */
  async recordJobEnd(jobId: string, failure: Reason | null, traceparent: string | null = null): Refusable<null> {
    this.#traceparent = traceparent ?? this.#traceparent;
    return asNull(this.#executeWithRows({ type: "finish-job", jobId, failure, newJobId: this.#newJobId() }));
  }

  async confirmIndexed(seq: number): Promise<void> {
    if (seq >= this.journal.seq) this.outbox.confirm(INDEX.target, INDEX.key);
  }

  protected override effects(state: AssetState, event: AssetEvent, atMs: number): readonly Effect[] {
    return traced(effects(state, event, atMs), this.#traceparent);
  }

  protected override async deliver(row: OutboxRow): Promise<void> {
    await deliverAsset(this.env, row, {
      seq: () => this.journal.seq,
      reuse: (jobId, spec) => this.#reuse(jobId, spec),
      tidy: (sha256) => this.#tidy(sha256),
      tellHeld: () => this.#tellHeld(),
    });
  }

  protected override async onTimer(name: string): Promise<void> {
    switch (name) {
      case "expire-upload":
      case "expire-inspection":
        this.execute({ type: name });
        return;
      case "expire-analysis":
        this.#executeWithRows({ type: name });
        return;
      case "purge":
        this.execute({ type: "purge" });
        return;
      case "saga":
        await this.#runSaga();
        return;
      case "sweep-late":
      case "purge-late": // Release 0.1.0's name for it.
        await sweepLate(this.env.MEDIA, () => this.state);
        return;
      default:
        throw new Error(`Unknown timer ${name}`);
    }
  }

  #recordStep(result: StepResult, cached: boolean): Result<readonly AssetEvent[], Refusal> {
    if (!fitsRows(result.insights)) {
      const reason = { code: "result_too_large", detail: "A finding is larger than what can be kept." };
      return this.#recordStep({ ...result, status: "failed", reason, insights: [] }, cached);
    }
    const { step, insights } = result;
    return this.#executeWithRows(finishStep(result, cached), { step, insights });
  }

  /** A step that ends takes the rows of an earlier run with it, in the same transaction. */
  #executeWithRows(
    command: AssetCommand,
    found: { readonly step: string; readonly insights: readonly NewInsight[] } | null = null,
    within: () => void = () => undefined,
  ): Result<readonly AssetEvent[], Refusal> {
    // Deciding is pure: `execute` comes to the same events.
    const decided = assetDecider.decide(this.state, command, this.now());
    if (!decided.ok) return decided;
    const operations = new Map(this.live()?.steps.map(({ id, operation }) => [id, operation]));
    return this.execute(command, (firstSeq) => {
      within();
      for (const [index, { type, data }] of decided.value.entries()) {
        if (type !== "StepFinished") continue;
        const insights = data.step === found?.step && data.status === "succeeded" ? found.insights : [];
        this.findings.write({ id: data.step, operation: operations.get(data.step) ?? "" }, insights, firstSeq + index);
      }
    });
  }

  /** Records what the step cache has of a job that is about to be submitted; what is left of it. */
  async #reuse(jobId: string, spec: JobSpec): Promise<JobSpec | null> {
    const asked = this.#jobState(jobId);
    if (asked === null) return null;
    const found = await reusableResults(this.env.MEDIA, asked, jobId, spec).catch((error: unknown) => {
      this.logFault("step_cache_failed", error); // What cannot be reused is done.
      return NO_RESULTS;
    });
    for (const [step, { metadata, insights }] of found)
      this.#recordStep({ jobId, step, status: "succeeded", reason: null, metadata, insights }, true);
    const state = this.#jobState(jobId);
    if (state === null) return null;
    const open = new Set(state.steps.filter((step) => isOpen(step) && step.jobId === jobId).map(({ id }) => id));
    const steps = spec.steps.filter(({ id }) => open.has(id));
    if (steps.length > 0) return { ...spec, steps };
    this.#executeWithRows({ type: "finish-job", jobId, failure: null, newJobId: this.#newJobId() });
    return null;
  }

  async #tellHeld(): Promise<void> {
    const { state } = this;
    if (state.phase === "absent") return;
    const told = { seq: this.journal.seq, held: heldBy(state) };
    await tenantObject(this.env, state.tenant).holdAsset(state.assetId, told);
  }

  /** After a success: its results are kept for the next analysis of these bytes, and what nothing refers to goes. */
  async #tidy(sha256: string): Promise<void> {
    const state = this.live();
    if (state !== null && state.status === "analysed") {
      await keepResults(this.env.MEDIA, state, (step) => this.findings.ofStep(step));
      await sweepBlobs(this.env.MEDIA, () => (this.state.phase === "live" ? this.state : state));
    }
    // A purge may have begun meanwhile, and may have looked before the last result was kept.
    const { state: now } = this;
    if (now.phase === "live" && now.saga?.kind === "purge")
      await deletePrefix(this.env.MEDIA, cachePrefixOf(now.tenant, sha256));
  }

  /** Does the steps of the saga one after another, until it ends or one fails. */
  async #runSaga(): Promise<void> {
    for (;;) {
      const { state } = this;
      if (state.phase === "absent" || state.saga === null) return;
      const step = currentStep(state.saga);
      if (step === null) return;
      const outcome = { saga: state.saga.number, step };
      try {
        await runSagaStep(step, {
          env: this.env,
          state: () => (this.state.phase === "live" ? this.state : state),
          tellIndex: () => this.send(tellIndex(state)),
          withdrawSubmission: (jobId) => this.outbox.confirm("object:gpu-job", `submit:${jobId}`),
        });
      } catch (error) {
        this.logFault("saga_step_failed", error);
        const detail = (error instanceof Error ? error.message : String(error)).slice(0, 1000);
        this.execute({ type: "saga-step-failed", ...outcome, reason: { code: `${step}_failed`, detail } });
        if (this.state.phase === "live" && this.state.saga?.status === "stuck") this.logFault("saga_stuck", error);
        return;
      }
      this.execute({ type: "saga-step-done", ...outcome }, (seq) => this.#dropRows(step, seq));
    }
  }

  #dropRows(step: SagaStep, seq: number): void {
    if (step === "drop-findings") this.findings.removeAll(seq);
    if (step === "delete-insights") this.findings.clear();
  }

  #newJobId(): string {
    return newId("job", this.now(), crypto.getRandomValues(new Uint8Array(16)));
  }

  /** The asset while it waits for this job. */
  #jobState(jobId: string): LiveAsset | null {
    const state = this.live();
    return state?.status === "analysing" && state.openJobs.some((job) => job.jobId === jobId) ? state : null;
  }

  /**
   * A command under an idempotency key: the key is kept in the transaction of its events, and of one that changes nothing
   * too. Repeated, it answers with the asset as it is by then.
   */
  #once<T>(
    once: Once | null,
    act: (within: () => void) => Result<readonly unknown[], Refusal>,
    view: () => Result<T, Refusal>,
  ): Result<T, Refusal> & { readonly replayed?: true } {
    const before = once === null ? null : this.idempotency.look(once.key, once.fingerprint, this.now());
    if (before?.kind === "same") return { ...view(), replayed: true };
    if (before?.kind === "conflict") return keyIsTaken;
    const keep = (): void => {
      if (once !== null) this.idempotency.record(once.key, once.fingerprint, null, this.now());
    };
    const done = act(keep);
    if (done.ok && done.value.length === 0) keep();
    return done.ok ? view() : done;
  }
}

/** Of every version of the events: a job of an asset is named by the event that planned it. */
function jobsPlannedBy({ data }: StoredEvent): string[] {
  const planned = z.object({ jobs: z.array(z.object({ jobId: z.string() })) }).safeParse(data);
  const one = z.object({ jobId: z.string() }).safeParse(data);
  return [
    ...(planned.success ? planned.data.jobs.map(({ jobId }) => jobId) : []),
    ...(one.success ? [one.data.jobId] : []),
  ];
}

const keyIsTaken = refuse<Refusal>({
  code: "idempotency_conflict",
  detail: "The key was used for another request to this asset.",
});

const asNull = (result: Result<unknown, Refusal>): Result<null, Refusal> => (result.ok ? ok(null) : result);
