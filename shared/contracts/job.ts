import { z } from "zod";
import { AssetId, JobId } from "./asset.ts";
import { Reason } from "./media.ts";

const instant = z.iso.datetime({ offset: true });

/** Terminal: `succeeded`, `failed`, `canceled`, `expired`. */
export const JobStatus = z.enum(["queued", "provisioning", "running", "succeeded", "failed", "canceled", "expired"]);
export type JobStatus = z.infer<typeof JobStatus>;

/** A job as the API shows it. */
export const JobView = z.strictObject({
  id: JobId,
  assetId: AssetId,
  status: JobStatus,
  reason: Reason.nullable(),
  /** 0 to 1; moves with the checkpoints. */
  progress: z.number().min(0).max(1),
  attempts: z.array(
    z.strictObject({
      number: z.int().min(1),
      agentId: z.string(),
      startedAt: instant,
      endedAt: instant.nullable(),
      /** Why it ended; null while it runs and when it succeeded. */
      cause: z.string().nullable(),
    }),
  ),
  /** Where the next attempt would go on; null when nothing was saved. */
  checkpoint: z.strictObject({ nextSegment: z.int().min(0), sizeBytes: z.int().min(0) }).nullable(),
  /** Number of the newest event. */
  seq: z.int().min(1),
  createdAt: instant,
  finishedAt: instant.nullable(),
});
export type JobView = z.infer<typeof JobView>;
