/** What can happen to a job. PERSISTED CONTRACT: a changed shape needs a new version and an upcast. */
import type { BlobRef, FailureCause } from "../../../shared/contracts/agent.ts";
import type { Reason } from "../../../shared/contracts/media.ts";
import type { JobSpec } from "./spec.ts";

type E<Type extends string, Data> = { readonly type: Type; readonly version: 1; readonly data: Data };

export type JobEvent =
  | E<"JobSubmitted", { jobId: string; spec: JobSpec }>
  | E<"AttemptStarted", { attempt: number; agentId: string }>
  | E<"AttemptRunning", { attempt: number; resumedFrom: string | null }>
  | E<"SegmentStarted", { attempt: number; segment: number; step: string | null }>
  | E<"CheckpointCommitted", { attempt: number; blob: BlobRef; nextSegment: number; fraction: number }>
  | E<
      "StepReported",
      {
        attempt: number;
        step: string;
        status: "succeeded" | "skipped" | "failed";
        reason: Reason | null;
        insightCount: number | null;
      }
    >
  | E<"AttemptEnded", { attempt: number; cause: FailureCause; reason: Reason; retryInMs: number | null }>
  | E<"JobSucceeded", { attempt: number }>
  | E<"JobFailed", { reason: Reason }>
  | E<"JobCanceled", Record<string, never>>
  | E<"JobExpired", { reason: Reason }>;

export const event = <Type extends JobEvent["type"]>(
  type: Type,
  data: Extract<JobEvent, { type: Type }>["data"],
): JobEvent =>
  // SAFETY: the parameters tie data to type.
  ({ type, version: 1, data }) as JobEvent;
