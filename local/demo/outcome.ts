/** What `--json` writes: the outcome of the main job for programs. */
import type { Asset, Insight, SearchAnswer } from "@aima/sdk";

export type AssetOutcome = {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly sha256: string | null;
  readonly sizeBytes: number | null;
  readonly mediaType: string | null;
  readonly contentType: string | null;
  /** Ends as `analysed`, `failed` or `quarantined`. */
  readonly status: string;
  readonly reason?: NonNullable<Asset["reason"]>;
  readonly metadata: Asset["metadata"];
  readonly inspectionErrors: Asset["inspectionErrors"];
  readonly steps: Asset["steps"];
  readonly insights: readonly OutcomeInsight[];
  readonly timings: {
    readonly uploadMs: number;
    readonly inspectMs: number | null;
    readonly analyseMs: number | null;
    readonly totalMs: number;
  };
};

/** Vectors are for machines with an index: their space and length are enough here. */
export type OutcomeInsight = Omit<Insight, "embedding"> & {
  readonly embedding: { readonly space: string; readonly dimensions: number } | null;
};

export type SearchOutcome = {
  readonly query: string;
  readonly expected: string | null;
  readonly hits: SearchAnswer["hits"];
};

export type Outcome = {
  readonly assets: readonly AssetOutcome[];
  readonly searches: readonly SearchOutcome[];
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
};

const between = (from: string | null, to: string | null): number | null =>
  from === null || to === null ? null : Date.parse(to) - Date.parse(from);

export function assetOutcome(
  asset: Asset,
  path: string,
  insights: readonly Insight[],
  uploadMs: number,
  totalMs: number,
): AssetOutcome {
  const { id, name, sha256, sizeBytes, mediaType, contentType, status, reason, metadata, inspectionErrors, steps } =
    asset;
  return {
    id,
    name,
    path,
    sha256,
    sizeBytes,
    mediaType,
    contentType,
    status,
    ...(reason === null ? {} : { reason }),
    metadata,
    inspectionErrors,
    steps,
    insights: insights.map(({ embedding, ...insight }) => ({
      ...insight,
      embedding: embedding === null ? null : { space: embedding.space, dimensions: embedding.vector.length },
    })),
    timings: {
      uploadMs,
      inspectMs: between(asset.uploadedAt, asset.inspectedAt),
      analyseMs: between(asset.inspectedAt, asset.finishedAt),
      totalMs,
    },
  };
}
