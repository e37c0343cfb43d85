/** What can happen to a job. PERSISTED CONTRACT: a changed shape needs a new version and an upcast. */
import type { BlobRef, FailureCause } from "../../../shared/contracts/agent.ts";
import type { Reason } from "../../../shared/contracts/media.ts";
import type { JobSpec } from "./spec.ts";
import type { Placement } from "./state.ts";

type E<Type extends string, Data, Version extends number = 1> = {
  readonly type: Type;
  readonly version: Version;
  readonly data: Data;
};

export type JobEvent =
  | E<"JobSubmitted", { jobId: string; spec: JobSpec }, 2>
  | E<"JobConfirmed", Record<string, never>>
  | E<"PriorityChanged", { priority: number }>
  | E<"AttemptStarted", { attempt: number; placement: Placement; engine: string | null }, 2>
  | E<"AttemptPlaced", { attempt: number; externalId: string }>
  | E<"AttemptRunning", { attempt: number; resumedFrom: string | null }>
  | E<"SegmentStarted", { attempt: number; segment: number; step: string | null }>
  | E<
      "CheckpointCommitted",
      { attempt: number; engine: string | null; blob: BlobRef; nextSegment: number; fraction: number },
      2
    >
  | E<"CheckpointsDropped", { reason: Reason }>
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
  | E<"PauseRequested", Record<string, never>>
  | E<"JobPaused", { reason: Reason }>
  | E<"JobResumed", Record<string, never>>
  | E<"CancelRequested", Record<string, never>>
  | E<"JobSucceeded", { attempt: number }>
  | E<"JobFailed", { reason: Reason }>
  | E<"JobCanceled", Record<string, never>>
  | E<"JobExpired", { reason: Reason }>;

/** The version in which each type is written now, where it is not the first. */
const VERSIONS: Partial<Record<JobEvent["type"], number>> = {
  JobSubmitted: 2,
  AttemptStarted: 2,
  CheckpointCommitted: 2,
};

export const versionOf = (type: JobEvent["type"]): number => VERSIONS[type] ?? 1;

export const event = <Type extends JobEvent["type"]>(
  type: Type,
  data: Extract<JobEvent, { type: Type }>["data"],
): JobEvent =>
  // SAFETY: the parameters tie data to type.
  ({ type, version: versionOf(type), data }) as unknown as JobEvent;
