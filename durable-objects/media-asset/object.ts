/**
 * One media asset: its upload, its journal, its analysis. Sequences only; the rules are in core/.
 * Addressed by `tenant/asset`.
 */
import { createHash } from "node:crypto";
import type { AssetView, CompleteAsset, CreateAsset, JournalEvent } from "../../shared/contracts/asset.ts";
import type { Artifact, Insight, NewInsight } from "../../shared/contracts/insight.ts";
import type { Inspection, Metadata, Reason } from "../../shared/contracts/media.ts";
import type { MediaAssetRpc, Refusable, StoredContent, UploadGrant } from "../../shared/contracts/objects.ts";
import { canonicalJson } from "../../shared/core/canonical-json.ts";
import type { Effect } from "../../shared/core/effect.ts";
import { newId } from "../../shared/core/ids.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { AssetChange } from "../../shared/ports/asset-index.ts";
import { Actor } from "../runtime/actor.ts";
import type { OutboxRow } from "../runtime/outbox.ts";
import { Waiters } from "../runtime/waiters.ts";
import type { AssetCommand } from "./core/commands.ts";
import { decide } from "./core/decide.ts";
import { effects, INDEX } from "./core/effects.ts";
import type { AssetEvent } from "./core/events.ts";
import { evolve } from "./core/evolve.ts";
import { type AssetState, initialState, type LiveAsset } from "./core/state.ts";
import { summaryOf, viewOf } from "./core/view.ts";
import { deliverAsset } from "./deliver.ts";
import { fitsRows, INSIGHT_SCHEMA, InsightStore } from "./insights.ts";
import { purgeContent } from "./purge.ts";

/** Answers of one page stay well below the 32 MiB of an RPC. */
const CHANGE_BYTES = 4 * 1024 * 1024;

export type StepResult = {
  readonly jobId: string;
  readonly step: string;
  readonly status: "succeeded" | "skipped" | "failed";
  readonly reason: Reason | null;
  readonly metadata: Metadata | null;
  readonly insights: readonly NewInsight[];
};

export class MediaAsset extends Actor<AssetState, AssetCommand, AssetEvent, Refusal> implements MediaAssetRpc {
  readonly #insights: InsightStore;
  readonly #waiters = new Waiters();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, { initialState, decide, evolve }, INSIGHT_SCHEMA);
    this.#insights = new InsightStore(ctx.storage.sql);
  }

  async create(command: { tenant: string; assetId: string; body: CreateAsset }): Refusable<AssetView> {
    const fingerprint = canonicalJson(command.body);
    const before = this.idempotency.look("create", fingerprint, this.now());
    if (before.kind === "same") return this.#view();
    const created = this.execute({ type: "create", ...command }, () => {
      this.idempotency.record("create", fingerprint, null, this.now());
    });
    return created.ok ? this.#view() : created;
  }

  async beginUpload(): Refusable<UploadGrant> {
    const begun = this.execute({ type: "begin-upload" });
    if (!begun.ok) return begun;
    const state = this.#live();
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
    return finished.ok ? this.#view() : finished;
  }

  async failUpload(upload: number): Refusable<null> {
    return asNull(this.execute({ type: "fail-upload", upload }));
  }

  async complete(body: CompleteAsset): Refusable<AssetView> {
    const completed = this.execute({ type: "complete", body });
    return completed.ok ? this.#view() : completed;
  }

  async get(): Refusable<AssetView> {
    return this.#view();
  }

  async events(page: { after: number; limit: number; waitMs: number }): Refusable<{ events: JournalEvent[] }> {
    if (this.#live() === null) return notFound;
    if (page.waitMs > 0 && this.journal.seq <= page.after) await this.#waiters.wait(page.waitMs);
    return this.#live() === null ? notFound : ok({ events: this.journal.read(page.after, page.limit) });
  }

  async insights(page: {
    kind: string | null;
    after: string | null;
    limit: number;
  }): Refusable<{ insights: Insight[]; more: boolean }> {
    return this.#live() === null ? notFound : ok(this.#insights.read(page));
  }

  async content(): Refusable<StoredContent> {
    const state = this.#live();
    if (state === null) return notFound;
    if (state.content === null) return refuse({ code: "content_unavailable", detail: `The asset is ${state.status}.` });
    return ok({ ...state.content, name: state.name, contentType: state.contentType ?? "application/octet-stream" });
  }

  async artifact(name: string): Refusable<Artifact> {
    const found = this.#live()?.artifacts.find((artifact) => artifact.name === name);
    return found === undefined ? notFound : ok(found);
  }

  async delete(): Refusable<null> {
    return asNull(this.execute({ type: "delete" }, () => this.#insights.clear()));
  }

  async recordInspection(inspection: Inspection): Refusable<null> {
    const jobId = newId("job", this.now(), crypto.getRandomValues(new Uint8Array(16)));
    return asNull(this.execute({ type: "record-inspection", inspection, jobId }));
  }

  /** Ends one step of the analysis with what it found. Idempotent by step. */
  async recordStep(result: StepResult): Refusable<null> {
    if (!fitsRows(result.insights)) {
      const reason = { code: "result_too_large", detail: "A finding is larger than what can be kept." };
      return this.recordStep({ ...result, status: "failed", reason, insights: [] });
    }
    const { insights, ...rest } = result;
    const operation = this.#live()?.steps.find(({ id }) => id === result.step)?.operation;
    const command: AssetCommand = {
      type: "finish-step",
      ...rest,
      insightCount: insights.length,
      insightsSha256: createHash("sha256").update(canonicalJson(insights)).digest("hex"),
      artifacts: insights.flatMap(({ artifact }) => (artifact === null ? [] : [artifact])),
    };
    return asNull(
      this.execute(command, (seq) => {
        if (operation !== undefined) this.#insights.write(result.step, operation, insights, seq);
      }),
    );
  }

  /** How far the job has come; anything but news is passed over. */
  async recordProgress(jobId: string, fraction: number): Refusable<null> {
    return asNull(this.execute({ type: "advance", jobId, fraction }));
  }

  /** The job has ended; steps it left open end with it. */
  async recordJobEnd(jobId: string, failure: Reason | null): Refusable<null> {
    return asNull(this.execute({ type: "finish-job", jobId, failure }));
  }

  async changesSince(afterSeq: number): Refusable<AssetChange> {
    const { state } = this;
    if (state.phase === "absent") return notFound;
    const { insights, upToSeq } = this.#insights.since(afterSeq, CHANGE_BYTES);
    const toSeq = Math.max(upToSeq ?? this.journal.seq, afterSeq);
    return ok({
      assetId: state.assetId,
      fromSeq: afterSeq,
      toSeq,
      summary: summaryOf(state, this.journal.seq),
      insights,
    });
  }

  async confirmIndexed(seq: number): Promise<void> {
    if (seq >= this.journal.seq) this.outbox.confirm(INDEX.target, INDEX.key);
  }

  protected override effects(state: AssetState, event: AssetEvent, atMs: number): readonly Effect[] {
    return effects(state, event, atMs);
  }

  protected override async deliver(row: OutboxRow): Promise<void> {
    await deliverAsset(this.env, row, this.journal.seq);
  }

  protected override async onTimer(name: string): Promise<void> {
    switch (name) {
      case "expire-upload":
        this.execute({ type: "expire-upload" });
        return;
      case "expire-inspection":
        this.execute({ type: "expire-inspection" });
        return;
      case "purge":
      case "purge-late":
        if (this.state.phase === "live") await purgeContent(this.env.MEDIA, this.state);
        return;
      default:
        throw new Error(`Unknown timer ${name}`);
    }
  }

  protected override onCommitted(): void {
    this.#waiters.wake();
  }

  /** Null for an asset that is not there, or not there any more. */
  #live(): LiveAsset | null {
    return this.state.phase === "live" && this.state.status !== "deleted" ? this.state : null;
  }

  #view(): Result<AssetView, Refusal> {
    const state = this.#live();
    return state === null ? notFound : ok(viewOf(state, this.journal.seq));
  }
}

const notFound = refuse<Refusal>({ code: "not_found", detail: "There is no such asset." });

const asNull = (result: Result<unknown, Refusal>): Result<null, Refusal> => (result.ok ? ok(null) : result);
