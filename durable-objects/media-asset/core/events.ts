/** What can happen to an asset. PERSISTED CONTRACT: a changed shape needs a new version and an upcast. */
import type { AssetStep } from "../../../shared/contracts/asset.ts";
import type { Artifact } from "../../../shared/contracts/insight.ts";
import type { InspectionError, MediaType, Metadata, Reason } from "../../../shared/contracts/media.ts";

type E<Type extends string, Data> = { readonly type: Type; readonly version: 1; readonly data: Data };

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
      }
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
  | E<"AnalysisStarted", { jobId: string; pipeline: string; steps: readonly AssetStep[] }>
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
      }
    >
  | E<"AnalysisFinished", { status: "analysed" | "failed"; reason: Reason | null }>
  | E<"AssetDeleted", Record<string, never>>;

export const event = <Type extends AssetEvent["type"]>(
  type: Type,
  data: Extract<AssetEvent, { type: Type }>["data"],
): AssetEvent =>
  // SAFETY: the parameters tie data to type.
  ({ type, version: 1, data }) as AssetEvent;
