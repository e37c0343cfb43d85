/** What an asset is, as far as its decisions need it. PERSISTED CONTRACT: the snapshot is this, as JSON. */
import type { AssetStatus, AssetStep } from "../../../shared/contracts/asset.ts";
import type { Artifact } from "../../../shared/contracts/insight.ts";
import type { InspectionError, MediaType, Metadata, Reason } from "../../../shared/contracts/media.ts";

export type Upload = { readonly number: number; readonly key: string; readonly multipartId: string | null };

export type Content = { readonly key: string; readonly sizeBytes: number; readonly sha256: string };

export type LiveAsset = {
  readonly phase: "live";
  readonly tenant: string;
  readonly assetId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly expectedSizeBytes: number | null;
  readonly expectedSha256: string | null;
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
  readonly jobId: string | null;
  readonly steps: readonly AssetStep[];
  /** How far the job has come, 0 to 1, as its checkpoints tell. */
  readonly analysed: number;
  readonly insightCount: number;
  readonly artifacts: readonly Artifact[];
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

export const isOpen = (step: AssetStep): boolean => step.status === "pending" || step.status === "running";
