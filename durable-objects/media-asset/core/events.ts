/**
 * What can happen to an asset, each event in its newest shape. PERSISTED CONTRACT: a changed shape needs a new version
 * and an upcast (upcast.ts).
 */
import type { Artifact } from "../../../shared/contracts/insight.ts";
import type { InspectionError, MediaType, Metadata, Reason } from "../../../shared/contracts/media.ts";
import type { Pipeline, PipelineStep } from "../../../shared/contracts/pipeline.ts";
import { EVENT_VERSIONS } from "./event-versions.ts";
import type { SagaKind, SagaStep } from "./saga.ts";

type E<Type extends string, Data, Version extends number = 1> = {
  readonly type: Type;
  readonly version: Version;
  readonly data: Data;
};

export type PlannedJob = { readonly jobId: string; readonly steps: readonly string[] };

export type AssetEvent =
  | E<
      "AssetCreated",
      {
        tenant: string;
        assetId: string;
        name: string;
        tags: readonly string[];
        expectedSizeBytes: number | null;
        expectedSha256: string | null;
        /** Null: the built-in one of the media type. */
        pipeline: Pipeline | null;
        /** The tenant is told what the asset holds of its quotas. Left out of assets that it never counted. */
        counted?: true;
      },
      2
    >
  | E<"UploadBegun", { upload: number; key: string }>
  | E<"MultipartNoted", { upload: number; multipartId: string }>
  | E<"ContentStored", { upload: number; key: string; sizeBytes: number; sha256: string }>
  | E<"UploadFailed", { upload: number }>
  | E<"UploadCompleted", { sizeBytes: number; sha256: string }>
  | E<"UploadExpired", { reason: Reason }>
  | E<
      "AssetInspected",
      {
        mediaType: MediaType;
        contentType: string;
        metadata: Metadata;
        errors: readonly InspectionError[];
        bytesRead: number;
        rangeReads: number;
      }
    >
  | E<
      "AssetRefused",
      {
        status: "failed" | "quarantined";
        reason: Reason;
        mediaType: MediaType | null;
        contentType: string | null;
        metadata: Metadata;
        errors: readonly InspectionError[];
      }
    >
  | E<"AnalysisStarted", { pipeline: string; steps: readonly PipelineStep[]; jobs: readonly PlannedJob[] }, 2>
  /** Steps that were ready are given to new jobs. */
  | E<"JobsPlanned", { jobs: readonly PlannedJob[] }>
  /** A job has ended and the analysis goes on; the end of its last job is that of the analysis. */
  | E<"JobEnded", { jobId: string; failure: Reason | null }>
  | E<"AnalysisAdvanced", { fraction: number }>
  | E<
      "StepFinished",
      {
        step: string;
        status: "succeeded" | "skipped" | "failed";
        reason: Reason | null;
        metadata: Metadata;
        insightCount: number;
        insightsSha256: string;
        artifacts: readonly Artifact[];
        cached: boolean;
      },
      2
    >
  /** A step that had ended, or was in a job that is over, waits for another job. */
  | E<"StepReopened", { step: string; reason: Reason }>
  /** `openJobs`: those that still run, and are to be canceled. */
  | E<"AnalysisFinished", { status: "analysed" | "failed"; reason: Reason | null; openJobs: readonly string[] }, 2>
  /** A finished analysis goes on again with these steps; their results stay until new ones take their place. */
  | E<"AnalysisRestarted", { steps: readonly string[] }>
  /** Hidden at once; content and findings are kept until `purgeAtMs`, null: as long as the purge takes. */
  | E<"AssetDeleted", { purgeAtMs: number | null; contentKept: boolean }, 2>
  | E<"AssetRestored", Record<string, never>>
  | E<"SagaStarted", { saga: number; kind: SagaKind; compensating: boolean; steps: readonly SagaStep[] }>
  | E<"SagaStepDone", { saga: number; step: SagaStep }>
  /** `retryAtMs` null: the saga is stuck. */
  | E<"SagaStepFailed", { saga: number; step: SagaStep; attempt: number; reason: Reason; retryAtMs: number | null }>
  | E<"SagaRetried", { saga: number }>
  | E<"SagaAbandoned", { saga: number; reason: Reason }>
  /** Nothing is left of the asset but its journal. */
  | E<"AssetPurged", Record<string, never>>;

export type EventOf<Type extends AssetEvent["type"]> = Extract<AssetEvent, { type: Type }>;

export const event = <Type extends AssetEvent["type"]>(type: Type, data: EventOf<Type>["data"]): AssetEvent =>
  // SAFETY: the parameters tie data and version to type.
  ({ type, version: EVENT_VERSIONS[type], data }) as unknown as AssetEvent;

/** One job a group; the first has the id given, further ones the same with a number behind it. */
export const plannedJobs = (
  groups: readonly (readonly { readonly id: string }[])[],
  newJobId: string,
): readonly PlannedJob[] =>
  groups.map((steps, index) => ({
    jobId: index === 0 ? newJobId : `${newJobId}${String(index).padStart(2, "0")}`,
    steps: steps.map(({ id }) => id),
  }));
