/** What a job is, as far as its decisions need it. PERSISTED CONTRACT: the snapshot is this, as JSON. */
import type { BlobRef, FailureCause } from "../../../shared/contracts/agent.ts";
import type { JobStatus } from "../../../shared/contracts/job.ts";
import type { Reason } from "../../../shared/contracts/media.ts";
import type { JobSpec } from "./spec.ts";

export const TERMINAL: ReadonlySet<JobStatus> = new Set<JobStatus>(["succeeded", "failed", "canceled", "expired"]);

export type Attempt = {
  readonly number: number;
  readonly agentId: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** Why it ended; null while it runs and when it succeeded. */
  readonly cause: FailureCause | null;
};

export type Checkpoint = {
  readonly attempt: number;
  readonly blob: BlobRef;
  readonly nextSegment: number;
  readonly fraction: number;
};

export type LiveJob = {
  readonly phase: "live";
  readonly jobId: string;
  readonly spec: JobSpec;
  readonly status: JobStatus;
  readonly reason: Reason | null;
  /** Newest last; only the last may be open. */
  readonly attempts: readonly Attempt[];
  readonly finishedSteps: readonly string[];
  /** The last two committed, newest first. */
  readonly checkpoints: readonly Checkpoint[];
  readonly fraction: number;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
};

export type JobState = { readonly phase: "absent" } | LiveJob;

export const initialState: JobState = { phase: "absent" };

export const currentAttempt = (job: LiveJob): Attempt | null => {
  const last = job.attempts.at(-1);
  return last !== undefined && last.endedAtMs === null ? last : null;
};
