import type { FakeAsset } from "./media-assets.ts";
import { JOB_ID } from "./media-assets.ts";

/** Ends the analysis of an asset that waits for its inspection: an image with one finding. */
export async function analyse(asset: FakeAsset): Promise<void> {
  await asset.recordInspection({
    verdict: "accepted",
    reason: null,
    mediaType: "image",
    contentType: "image/png",
    metadata: { width: 2, height: 1 },
    errors: [],
    bytesRead: 100,
    rangeReads: 1,
  });
  asset.found.push({
    id: "colours-1",
    kind: "colours",
    step: "colours",
    operation: "colours",
    source: { engine: "cpu", model: "median-cut", digest: null },
    confidence: 0.9,
    timeRange: null,
    page: null,
    box: null,
    text: "mostly teal",
    data: {},
    artifact: null,
    embedding: null,
  });
  const view = await asset.get();
  const step = view.ok ? (view.value.steps[0]?.id ?? "") : "";
  const outcome = { reason: null, metadata: {}, insightCount: 1, insightsSha256: "", artifacts: [] };
  asset.change({ type: "finish-step", jobId: JOB_ID, step, status: "succeeded", ...outcome });
  asset.change({ type: "finish-job", jobId: JOB_ID, failure: null });
}
