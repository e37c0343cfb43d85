import { z } from "zod";
import { AssetId, JobId } from "./asset.ts";
import { Reason } from "./media.ts";

const instant = z.iso.datetime({ offset: true });

/**
 * `placing`: a provider is asked for a machine or a run. `provisioning`: it has it and begins. `canceling`: the attempt
 * under way has 30 s to hand over what it has. Terminal: `succeeded`, `failed`, `canceled`, `expired`.
 */
export const JobStatus = z.enum([
  "awaiting_confirmation",
  "queued",
  "placing",
  "provisioning",
  "running",
  "paused",
  "canceling",
  "succeeded",
  "failed",
  "canceled",
  "expired",
]);
export type JobStatus = z.infer<typeof JobStatus>;

/** 0 is first served last, 100 first. */
export const JobPriority = z.int().min(0).max(100);
export const DEFAULT_PRIORITY = 50;

/** A job as the API shows it. */
export const JobView = z.strictObject({
  id: JobId,
  assetId: AssetId,
  status: JobStatus,
  reason: Reason.nullable(),
  priority: JobPriority,
  /** 0 to 1; moves with the checkpoints. */
  progress: z.number().min(0).max(1),
  attempts: z.array(
    z.strictObject({
      number: z.int().min(1),
      /** The agent, or `provider/account/endpoint` with the provider's id of the run. */
      placement: z.string(),
      startedAt: instant,
      endedAt: instant.nullable(),
      /** Why it ended; null while it runs and when it succeeded. */
      cause: z.string().nullable(),
    }),
  ),
  /** Where the next attempt would go on; null when nothing was saved. */
  checkpoint: z
    .strictObject({
      nextSegment: z.int().min(0),
      sizeBytes: z.int().min(0),
      /** Release or model that wrote it; null when unknown. */
      engine: z.string().nullable(),
      committedAt: instant,
    })
    .nullable(),
  /** Steps that have ended, of those the job was given. */
  steps: z.strictObject({ done: z.int().min(0), total: z.int().min(1) }),
  /** Number of the newest event. */
  seq: z.int().min(1),
  createdAt: instant,
  finishedAt: instant.nullable(),
});
export type JobView = z.infer<typeof JobView>;
