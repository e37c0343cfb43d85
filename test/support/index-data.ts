/** Builders of what the index takes. */
import type { AssetSummary } from "../../shared/contracts/asset.ts";
import type { Insight } from "../../shared/contracts/insight.ts";
import type { SearchQuery } from "../../shared/contracts/search.ts";
import type { AssetChange } from "../../shared/ports/asset-index.ts";

/** `assetId(7)` is the same id every time. */
export function assetId(number: number): string {
  return `ast_${String(number).padStart(26, "0")}`;
}

function summary(id: string, seq: number, over: Partial<AssetSummary> = {}): AssetSummary {
  return {
    id,
    name: "harbour.jpg",
    status: "analysed",
    reason: null,
    mediaType: "image",
    contentType: "image/jpeg",
    sizeBytes: 1000,
    sha256: null,
    tags: [],
    metadata: {},
    insightCount: 0,
    seq,
    createdAt: "2026-03-01T12:00:00.000Z",
    finishedAt: null,
    updatedAt: "2026-03-01T12:00:00.000Z",
    ...over,
  };
}

export function insight(id: string, text: string | null, over: Partial<Insight> = {}): Insight {
  return {
    id,
    step: "text",
    operation: "ocr",
    kind: "ocr-text",
    source: { engine: "cpu", model: "test", digest: null },
    confidence: 0.9,
    timeRange: null,
    page: null,
    box: null,
    text,
    data: {},
    artifact: null,
    embedding: null,
    ...over,
  };
}

export function change(
  id: string,
  [fromSeq, toSeq]: readonly [number, number],
  insights: readonly Insight[],
  over: Partial<AssetSummary> = {},
): AssetChange {
  return { assetId: id, fromSeq, toSeq, summary: summary(id, toSeq, over), insights };
}

export function query(q: string, over: Partial<SearchQuery> = {}): SearchQuery {
  return { q, mediaTypes: [], kinds: [], createdAfter: null, createdBefore: null, limit: 20, offset: 0, ...over };
}
