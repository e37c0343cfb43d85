import type { JobView } from "../../../../shared/contracts/job.ts";

/** The job that the examples of the description speak of: at work on its second step. */
export const EXAMPLE_JOB: JobView = {
  id: "job_01K5Q3VA00X4Y6Z8A0B1C2D3E4",
  assetId: "ast_01K5Q3V9W2X4Y6Z8A0B1C2D3E4",
  status: "running",
  reason: null,
  priority: 50,
  progress: 0.5,
  attempts: [
    {
      number: 1,
      placement: "agt_local",
      startedAt: "2026-09-21T08:30:04.000Z",
      endedAt: null,
      cause: null,
    },
  ],
  checkpoint: { nextSegment: 3, sizeBytes: 1480, engine: "cpu 0.1.0", committedAt: "2026-09-21T08:30:06.000Z" },
  steps: { done: 1, total: 2 },
  seq: 6,
  createdAt: "2026-09-21T08:30:03.000Z",
  finishedAt: null,
};
