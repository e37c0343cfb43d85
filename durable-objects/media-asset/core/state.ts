/** What an asset is, as far as its decisions need it. PERSISTED CONTRACT: the snapshot is this, as JSON. */
import type { AssetStatus, StepStatus } from "../../../shared/contracts/asset.ts";
import type { Artifact } from "../../../shared/contracts/insight.ts";
import type { InspectionError, MediaType, Metadata, Reason } from "../../../shared/contracts/media.ts";
import type { Pipeline, PipelineStep } from "../../../shared/contracts/pipeline.ts";
import type { PlannedJob } from "./events.ts";
import type { SagaState } from "./saga.ts";

/** Number of this shape; a snapshot of another is made anew from the journal. */
export const STATE_VERSION = 2;

export type Upload = { readonly number: number; readonly key: string; readonly multipartId: string | null };

export type Content = { readonly key: string; readonly sizeBytes: number; readonly sha256: string };

export type StepState = PipelineStep & {
  readonly status: StepStatus;
  readonly reason: Reason | null;
  /** The job that has or had it last. */
  readonly jobId: string | null;
  /** How many jobs were given it since the analysis began, or began again. */
  readonly attempts: number;
  readonly cached: boolean;
  /** What the step learnt about the file. */
  readonly metadata: Metadata;
  /** Of the newest result, also while a newer one is on its way. */
  readonly insightCount: number;
  readonly artifacts: readonly Artifact[];
};

export type Deletion = {
  readonly deletedAtMs: number;
  /** Null: at once. */
  readonly purgeAtMs: number | null;
  readonly statusBefore: AssetStatus;
  readonly reasonBefore: Reason | null;
  readonly finishedAtMsBefore: number | null;
  readonly purgedAtMs: number | null;
};

export type LiveAsset = {
  readonly phase: "live";
  readonly tenant: string;
  readonly assetId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly expectedSizeBytes: number | null;
  readonly expectedSha256: string | null;
  /** Null: the built-in one of the media type. */
  readonly pipeline: Pipeline | null;
  /** The tenant is told what the asset holds of its quotas. */
  readonly counted?: true;
  readonly status: AssetStatus;
  readonly reason: Reason | null;
  /** The number of the newest upload; older ones are fenced off. */
  readonly uploadNumber: number;
  /** The upload whose bytes are arriving. */
  readonly upload: Upload | null;
  readonly content: Content | null;
  readonly mediaType: MediaType | null;
  readonly contentType: string | null;
  readonly metadata: Metadata;
  readonly inspectionErrors: readonly InspectionError[];
  readonly pipelineName: string | null;
  /** The newest job. */
  readonly jobId: string | null;
  /** Jobs that have not ended, with the steps they were given. */
  readonly openJobs: readonly PlannedJob[];
  readonly steps: readonly StepState[];
  /** How far the analysis has come, 0 to 1, as the checkpoints of its jobs tell. */
  readonly analysed: number;
  /** An analysis that was asked for again is done again, whatever the step cache has. */
  readonly usesCache: boolean;
  readonly deletion: Deletion | null;
  readonly saga: SagaState | null;
  readonly sagaCount: number;
  readonly createdAtMs: number;
  readonly uploadedAtMs: number | null;
  readonly inspectedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly updatedAtMs: number;
};

export type AssetState = { readonly phase: "absent" } | LiveAsset;

export const initialState: AssetState = { phase: "absent" };

export const TERMINAL: ReadonlySet<AssetStatus> = new Set<AssetStatus>([
  "analysed",
  "failed",
  "quarantined",
  "deleted",
]);

export const isOpen = (step: { readonly status: StepStatus }): boolean =>
  step.status === "pending" || step.status === "running";

/** What an asset takes of its tenant's quotas: an announced length until the upload has ended, then what came. */
export type Held = { readonly bytes: number; readonly settled: boolean };

/** Null for one that is deleted: it gives its place back, also while it can be restored. */
export function heldBy(state: LiveAsset): Held | null {
  if (state.status === "deleted") return null;
  return state.status === "uploading"
    ? { bytes: state.expectedSizeBytes ?? 0, settled: false }
    : { bytes: state.content?.sizeBytes ?? 0, settled: true };
}

export const insightCountOf = (state: LiveAsset): number =>
  state.steps.reduce((sum, { insightCount }) => sum + insightCount, 0);

export const artifactsOf = (state: LiveAsset): Artifact[] => state.steps.flatMap(({ artifacts }) => artifacts);

/** The findings are gone; how the steps ended stays. */
export const withoutResults = (state: LiveAsset): LiveAsset => ({
  ...state,
  steps: state.steps.map((step) => ({ ...step, insightCount: 0, artifacts: [] })),
});
