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
  const outcome = { reason: null, metadata: {}, insightsSha256: "", artifacts: [], cached: false };
  for (const [index, { id }] of (view.ok ? view.value.steps : []).entries()) {
    const ending =
      index === 0
        ? ({ status: "succeeded", insightCount: 1 } as const)
        : ({ status: "skipped", insightCount: 0 } as const);
    asset.change({ type: "finish-step", jobId: JOB_ID, step: id, ...outcome, ...ending });
  }
  asset.change({ type: "finish-job", jobId: JOB_ID, failure: null, newJobId: JOB_ID });
}
