import type { AssetView } from "../../../../shared/contracts/asset.ts";

/** The asset that the examples of the description speak of. */
export const EXAMPLE_ASSET: AssetView = {
  id: "ast_01K5Q3V9W2X4Y6Z8A0B1C2D3E4",
  name: "harbour.jpg",
  status: "analysed",
  reason: null,
  mediaType: "image",
  contentType: "image/jpeg",
  sizeBytes: 482_113,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  tags: ["holiday"],
  metadata: { width: 4032, height: 3024, cameraMake: "Canon" },
  inspectionErrors: [],
  steps: [
    {
      id: "colours",
      operation: "colours",
      status: "succeeded",
      reason: null,
      dependsOn: [],
      jobId: "job_01K5Q3VA00X4Y6Z8A0B1C2D3E4",
      attempts: 1,
      cached: false,
    },
  ],
  jobId: "job_01K5Q3VA00X4Y6Z8A0B1C2D3E4",
  progress: 1,
  insightCount: 1,
  artifacts: [{ name: "thumbnail.webp", contentType: "image/webp", sizeBytes: 9120 }],
  seq: 8,
  createdAt: "2026-09-21T08:30:00.000Z",
  uploadedAt: "2026-09-21T08:30:02.000Z",
  inspectedAt: "2026-09-21T08:30:03.000Z",
  finishedAt: "2026-09-21T08:30:09.000Z",
  updatedAt: "2026-09-21T08:30:09.000Z",
};
