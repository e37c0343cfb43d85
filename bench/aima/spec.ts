/** What the bench's jobs are: the standard analysis of a video, as an asset would ask for it. */
import { JobSpec } from "../../durable-objects/gpu-job/core/spec.ts";
import { STANDARD_PIPELINE, standardSteps } from "../../shared/core/analysis/standard-pipeline.ts";

export const BENCH_TENANT = "ten_bench";
export const BENCH_AGENT = "agt_bench";

export const benchSpec = (assetId: string): JobSpec => ({
  ...SPEC,
  assetId,
  input: { ...SPEC.input, key: `${BENCH_TENANT}/assets/${assetId}/uploads/1/content` },
});

/** Made once: an asset makes it with its own work, which is not the job's. */
const SPEC: JobSpec = JobSpec.parse({
  tenant: BENCH_TENANT,
  assetId: "",
  pipeline: STANDARD_PIPELINE,
  steps: standardSteps("video").map(({ id, operation, parameters }) => ({ id, operation, parameters })),
  input: {
    key: "",
    name: "harbour.mp4",
    mediaType: "video",
    contentType: "video/mp4",
    sizeBytes: 48_211_300,
    sha256: "5c1e0c0f".repeat(8),
    metadata: { width: 1920, height: 1080, durationSeconds: 61.4 },
  },
});
