import { z } from "zod";
import { InspectionError, MediaType, Metadata, Reason } from "./media.ts";
import { Operation } from "./operations.ts";
import { Pipeline } from "./pipeline.ts";

export const AssetId = z.string().regex(/^ast_[0-9A-Za-z]{20,32}$/);
export const JobId = z.string().regex(/^job_[0-9A-Za-z]{20,32}$/);
export const TenantId = z.string().regex(/^ten_[0-9A-Za-z]{4,32}$/);

/** Terminal: `analysed`, `failed`, `quarantined`, `deleted`. */
export const AssetStatus = z.enum([
  "uploading",
  "inspecting",
  "analysing",
  "analysed",
  "failed",
  "quarantined",
  "deleted",
]);
export type AssetStatus = z.infer<typeof AssetStatus>;

export const StepStatus = z.enum(["pending", "running", "succeeded", "skipped", "failed"]);
export type StepStatus = z.infer<typeof StepStatus>;

export const AssetStep = z.strictObject({
  id: z.string(),
  operation: Operation,
  status: StepStatus,
  reason: Reason.nullable(),
  /** Steps whose results it needs. */
  dependsOn: z.array(z.string()),
  /** The job that has or had it last; null when none has had it yet. */
  jobId: JobId.nullable(),
  /** How many jobs were given it. */
  attempts: z.int().min(0),
  /** The result is that of an earlier analysis of the same bytes. */
  cached: z.boolean(),
});
export type AssetStep = z.infer<typeof AssetStep>;

/**
 * What closes an asset's way in (`ingest`) or out (`purge`), step by step. `compensating`: what was half-made is taken
 * back. Terminal: `completed`, `compensated`, `abandoned`; a `stuck` one waits for an operator.
 */
export const SagaStatus = z.enum(["running", "compensating", "completed", "compensated", "stuck", "abandoned"]);
export type SagaStatus = z.infer<typeof SagaStatus>;

const instant = z.iso.datetime({ offset: true });

/** An asset as the API shows it. */
export const AssetView = z.strictObject({
  id: AssetId,
  name: z.string(),
  status: AssetStatus,
  /** Why it failed or was quarantined; of an analysed asset, what its findings lack (`partial_results`). */
  reason: Reason.nullable(),
  mediaType: MediaType.nullable(),
  contentType: z.string().nullable(),
  sizeBytes: z.int().min(0).nullable(),
  sha256: z.string().nullable(),
  tags: z.array(z.string()),
  metadata: Metadata,
  inspectionErrors: z.array(InspectionError),
  steps: z.array(AssetStep),
  jobId: JobId.nullable(),
  /** 0 to 1 over the asset's analysis. */
  progress: z.number().min(0).max(1),
  insightCount: z.int().min(0),
  artifacts: z.array(z.strictObject({ name: z.string(), contentType: z.string(), sizeBytes: z.int().min(0) })),
  /** Number of the newest event. */
  seq: z.int().min(1),
  createdAt: instant,
  uploadedAt: instant.nullable(),
  inspectedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  updatedAt: instant,
});
export type AssetView = z.infer<typeof AssetView>;

export const SagaView = z.strictObject({
  kind: z.enum(["ingest", "purge"]),
  status: SagaStatus,
  steps: z.array(z.strictObject({ name: z.string(), status: z.enum(["pending", "done"]) })),
  /** Failures of the step under way; 0 after each that was done. */
  attempts: z.int().min(0),
  /** Why the last try failed. */
  reason: Reason.nullable(),
  /** When the step under way is tried again. */
  retryAt: instant.nullable(),
  startedAt: instant,
  endedAt: instant.nullable(),
});
export type SagaView = z.infer<typeof SagaView>;

/** How an asset's saga stands; of a deleted asset until when it can be restored. */
export const AssetSaga = z.strictObject({
  assetId: AssetId,
  status: AssetStatus,
  /** Null where there is nothing to take back or remove. */
  saga: SagaView.nullable(),
  restorableUntil: instant.nullable(),
});
export type AssetSaga = z.infer<typeof AssetSaga>;

/** One entry of an asset's journal: hash-chained, gapless. */
export const JournalEvent = z.strictObject({
  seq: z.int().min(1),
  id: z.string(),
  type: z.string(),
  version: z.int().min(1),
  at: instant,
  data: z.record(z.string(), z.json()),
  prevHash: z.string(),
  hash: z.string(),
});
export type JournalEvent = z.infer<typeof JournalEvent>;

export const CreateAsset = z.strictObject({
  name: z.string().min(1).max(1024),
  sizeBytes: z.int().min(0).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  tags: z.array(z.string().min(1).max(100)).max(50).optional(),
  /** The steps of the analysis; left out, the built-in pipeline of the media type. */
  pipeline: Pipeline.optional(),
});
export type CreateAsset = z.infer<typeof CreateAsset>;

export const CompleteAsset = z.strictObject({
  sizeBytes: z.int().min(0).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type CompleteAsset = z.infer<typeof CompleteAsset>;

/** Which part of a finished analysis is done again: a step and all that depend on it, or everything. */
export const RerunAsset = z.strictObject({ fromStep: z.string().min(1).max(60).optional() });
export type RerunAsset = z.infer<typeof RerunAsset>;

/** What the index keeps of an asset, for lists and filters. */
export const AssetSummary = AssetView.pick({
  id: true,
  name: true,
  status: true,
  reason: true,
  mediaType: true,
  contentType: true,
  sizeBytes: true,
  sha256: true,
  tags: true,
  metadata: true,
  insightCount: true,
  seq: true,
  createdAt: true,
  finishedAt: true,
  updatedAt: true,
});
export type AssetSummary = z.infer<typeof AssetSummary>;
