import { z } from "zod";
import { DEFAULT_PRIORITY, JobPriority } from "../../../shared/contracts/job.ts";
import { MediaType, Metadata } from "../../../shared/contracts/media.ts";
import { Traceparent } from "../../../shared/contracts/trace.ts";
import { Step } from "../../../shared/contracts/operations.ts";

/** How long a job may take. Defaults: instance ready 10 min, processing 2 h; the whole job, waiting included, 6 h. */
const Limits = z.strictObject({
  startMs: z
    .int()
    .min(1_000)
    .default(10 * 60_000),
  runMs: z
    .int()
    .min(1_000)
    .default(2 * 3_600_000),
  totalMs: z
    .int()
    .min(1_000)
    .default(6 * 3_600_000),
});

/** What a job is to do, fixed at submission. PERSISTED CONTRACT: a new member needs a default. */
export const JobSpec = z.strictObject({
  tenant: z.string(),
  assetId: z.string(),
  pipeline: z.string(),
  steps: z.array(Step).min(1).max(64),
  input: z.strictObject({
    key: z.string(),
    name: z.string(),
    mediaType: MediaType,
    contentType: z.string(),
    sizeBytes: z.int().min(0),
    sha256: z.string(),
    metadata: Metadata,
  }),
  priority: JobPriority.default(DEFAULT_PRIORITY),
  /** Waits for a word of its owner before it costs anything. */
  requiresConfirmation: z.boolean().default(false),
  /** What becomes of a job whose tries are used up: `pause` leaves it to an operator. */
  onExhausted: z.enum(["fail", "pause"]).default("fail"),
  /** Whether a checkpoint may be continued by another engine, model or release than the one that wrote it. */
  allowEngineChange: z.boolean().default(false),
  limits: Limits.prefault({}),
  /** The trace of the request that led to it. */
  traceparent: Traceparent,
});
export type JobSpec = z.infer<typeof JobSpec>;
