import type { CompleteAsset, CreateAsset } from "../../../shared/contracts/asset.ts";
import type { Artifact } from "../../../shared/contracts/insight.ts";
import type { Inspection, Metadata, Reason } from "../../../shared/contracts/media.ts";

/**
 * `newJobId` is a fresh id in case the command starts a job; further jobs of the same decision get it with a number
 * behind, so that deciding stays pure.
 */
export type UploadCommand =
  | { readonly type: "begin-upload" }
  | { readonly type: "note-multipart"; readonly upload: number; readonly multipartId: string }
  | { readonly type: "finish-upload"; readonly upload: number; readonly sizeBytes: number; readonly sha256: string }
  | { readonly type: "fail-upload"; readonly upload: number }
  | { readonly type: "complete"; readonly body: CompleteAsset }
  | { readonly type: "expire-upload" };

export type InspectionCommand =
  | { readonly type: "record-inspection"; readonly inspection: Inspection; readonly newJobId: string }
  | { readonly type: "expire-inspection" };

export type FinishStep = {
  readonly type: "finish-step";
  readonly jobId: string;
  readonly step: string;
  readonly status: "succeeded" | "skipped" | "failed";
  readonly reason: Reason | null;
  readonly metadata: Metadata | null;
  readonly insightCount: number;
  /** SHA-256 over the canonical JSON of the insights: the journal vouches for rows it does not hold. */
  readonly insightsSha256: string;
  readonly artifacts: readonly Artifact[];
  /** It comes from the step cache. */
  readonly cached: boolean;
};

export type FinishJob = {
  readonly type: "finish-job";
  readonly jobId: string;
  readonly failure: Reason | null;
  readonly newJobId: string;
};

export type AnalysisCommand =
  | { readonly type: "advance"; readonly jobId: string; readonly fraction: number }
  | FinishStep
  | FinishJob
  | { readonly type: "expire-analysis" }
  | { readonly type: "rerun"; readonly fromStep: string | null; readonly newJobId: string };

export type DeletionCommand =
  | { readonly type: "delete"; readonly purge: boolean; readonly retentionMs: number }
  | { readonly type: "restore"; readonly newJobId: string }
  /** The retention is over, or somebody wants it gone now. */
  | { readonly type: "purge" };

export type SagaCommand =
  | { readonly type: "saga-step-done"; readonly saga: number; readonly step: string }
  | { readonly type: "saga-step-failed"; readonly saga: number; readonly step: string; readonly reason: Reason }
  | { readonly type: "retry-saga" }
  | { readonly type: "abandon-saga" };

export type AssetCommand =
  | {
      readonly type: "create";
      readonly tenant: string;
      readonly assetId: string;
      readonly body: CreateAsset;
      /** The tenant has limits: what the asset holds of them is told. */
      readonly counted?: boolean;
    }
  | UploadCommand
  | InspectionCommand
  | AnalysisCommand
  | DeletionCommand
  | SagaCommand;
