/**
 * The RPC surface of the Durable Objects, as the stateless Workers see it. Refusals are returned, never thrown.
 * Objects are addressed by name: `tenant/asset`, `tenant/job`, the tenant's id, the pool's name.
 */
import type { Result } from "../core/result.ts";
import type { Refusal } from "../errors/refusal.ts";
import type { AssetChange } from "../ports/asset-index.ts";
import type { AssetSaga, AssetView, CompleteAsset, CreateAsset, JournalEvent } from "./asset.ts";
import type { JobView } from "./job.ts";
import type { Artifact, Insight } from "./insight.ts";
import type { Inspection } from "./media.ts";
import type { Once, Repeatable } from "./once.ts";

export type Refusable<T> = Promise<Result<T, Refusal>>;

/** A place to put content: the number fences off every earlier upload of the same asset. */
export type UploadGrant = {
  readonly upload: number;
  readonly key: string;
  readonly maxBytes: number;
  /** What the client announced at creation; the content has to match. */
  readonly expectedSizeBytes: number | null;
  readonly expectedSha256: string | null;
};

export type StoredContent = {
  readonly key: string;
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly sha256: string;
};

/**
 * What the API may ask of a job. An operation answers with the job after it; repeated under the same key, with what it
 * answered first (of a view over 8 KiB: with the job as it is by then).
 */
export interface JobRpc {
  get(): Refusable<JobView>;
  /** Events with `seq > after`, oldest first. With `waitMs` the call stays open until there is one, or the time is up. */
  events(page: { after: number; limit: number; waitMs?: number }): Refusable<{ events: JournalEvent[] }>;
  confirm(once?: Once | null): Repeatable<JobView>;
  pause(once?: Once | null): Repeatable<JobView>;
  resume(once?: Once | null): Repeatable<JobView>;
  cancel(once?: Once | null): Repeatable<JobView>;
  /** Without a key: the same priority again changes nothing. `ifSeq`: the newest event the caller has seen; null for any. */
  changePriority(priority: number, ifSeq?: number | null): Refusable<JobView>;
}

export interface MediaAssetRpc {
  /** `counted`: the tenant has limits, and is told for good what the asset holds of them. */
  create(command: { tenant: string; assetId: string; body: CreateAsset; counted?: boolean }): Repeatable<AssetView>;
  beginUpload(): Refusable<UploadGrant>;
  /** Records a multipart upload, so that it can be aborted when nobody finishes it. */
  noteMultipart(upload: number, multipartId: string): Refusable<null>;
  /** The bytes are in the bucket under the grant's key. */
  finishUpload(upload: number, content: { sizeBytes: number; sha256: string }): Refusable<AssetView>;
  /** The bytes did not arrive; the next upload may begin. */
  failUpload(upload: number): Refusable<null>;
  /** `traceparent`, here and below: the trace under which what follows of it goes on. */
  complete(body: CompleteAsset, once?: Once | null, traceparent?: string | null): Repeatable<AssetView>;
  /** With a number: as it was after that event. */
  get(asOfSeq?: number | null): Refusable<AssetView>;
  /** Events with `seq > after`, oldest first. With `waitMs` the call stays open until there is one, or the time is up. */
  events(page: { after: number; limit: number; waitMs: number }): Refusable<{ events: JournalEvent[] }>;
  /** In order of steps, then position; `after` is an insight id. */
  insights(page: {
    kind: string | null;
    after: string | null;
    limit: number;
  }): Refusable<{ insights: Insight[]; more: boolean }>;
  content(): Refusable<StoredContent>;
  artifact(name: string): Refusable<Artifact>;
  /** Hidden at once. With `purge` nothing of it is kept; otherwise it can be restored for a time. */
  delete(how?: { purge: boolean }): Refusable<null>;
  restore(once?: Once | null, traceparent?: string | null): Repeatable<AssetView>;
  /** Does a step and all that depend on it again, or everything. */
  rerun(fromStep: string | null, once?: Once | null, traceparent?: string | null): Repeatable<AssetView>;
  /** How the closing or purging of the asset stands, of a deleted one too. */
  saga(): Refusable<AssetSaga>;
  /** Goes on with a saga that is stuck. */
  retrySaga(once?: Once | null): Repeatable<AssetSaga>;
  /** Leaves a saga that is stuck as it is, for good. */
  abandonSaga(once?: Once | null): Repeatable<AssetSaga>;
  recordInspection(inspection: Inspection, traceparent?: string | null): Refusable<null>;
  /** What the index lacks after `afterSeq`; an asset without news answers `toSeq = afterSeq`. */
  changesSince(afterSeq: number): Refusable<AssetChange>;
  confirmIndexed(seq: number): Promise<void>;
}
