import type { CompleteAsset, CreateAsset } from "../../../shared/contracts/asset.ts";
import type { Artifact } from "../../../shared/contracts/insight.ts";
import type { Inspection, Metadata, Reason } from "../../../shared/contracts/media.ts";

export type AssetCommand =
  | { readonly type: "create"; readonly tenant: string; readonly assetId: string; readonly body: CreateAsset }
  | { readonly type: "begin-upload" }
  | { readonly type: "note-multipart"; readonly upload: number; readonly multipartId: string }
  | { readonly type: "finish-upload"; readonly upload: number; readonly sizeBytes: number; readonly sha256: string }
  | { readonly type: "fail-upload"; readonly upload: number }
  | { readonly type: "complete"; readonly body: CompleteAsset }
  | { readonly type: "expire-upload" }
  | { readonly type: "record-inspection"; readonly inspection: Inspection; readonly jobId: string }
  | { readonly type: "expire-inspection" }
  | {
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
    }
  | { readonly type: "advance"; readonly jobId: string; readonly fraction: number }
  | { readonly type: "finish-job"; readonly jobId: string; readonly failure: Reason | null }
  | { readonly type: "delete" };
