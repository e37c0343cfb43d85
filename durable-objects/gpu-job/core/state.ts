/**
 * What a job is, as far as its decisions need it. PERSISTED CONTRACT: the snapshot is this, as JSON; a change of its
 * shape needs the next `STATE_VERSION`.
 */
import type { BlobRef, FailureCause } from "../../../shared/contracts/agent.ts";
import type { JobStatus } from "../../../shared/contracts/job.ts";
import type { Reason } from "../../../shared/contracts/media.ts";
import type { JobSpec } from "./spec.ts";

export const STATE_VERSION = 3;

export const TERMINAL: ReadonlySet<JobStatus> = new Set<JobStatus>(["succeeded", "failed", "canceled", "expired"]);

/** Where an attempt runs. Coordinates never change once they are known: a status is asked of them and of nothing else. */
export type Placement =
  | { readonly kind: "agent"; readonly agentId: string }
  | {
      readonly kind: "provider";
      readonly provider: string;
      readonly account: string;
      readonly endpoint: string;
      /** The provider's name of the run; null until it has said it. */
      readonly externalId: string | null;
      /** How long the provider keeps a result. */
      readonly retentionMs: number;
      readonly expectedRunMs: number;
    };

export type Attempt = {
  readonly number: number;
  readonly placement: Placement;
  /** Version of what does the work (agent release, model digest); null when unknown. */
  readonly engine: string | null;
  readonly startedAtMs: number;
  /** When the provider had taken it; of an agent, the start. */
  readonly placedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Why it ended; null while it runs and when it succeeded. */
  readonly cause: FailureCause | null;
};

export type Checkpoint = {
  readonly attempt: number;
  /** What wrote it: another engine begins anew. */
  readonly engine: string | null;
  readonly committedAtMs: number;
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
  readonly priority: number;
  /** The attempt under way is to hand over and the job to wait. */
  readonly pauseRequested: boolean;
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

/** Blobs of an attempt stand under this prefix of the bucket; a report that names another one is not believed. */
export const blobPrefix = (spec: JobSpec, jobId: string, attempt: number): string =>
  `${spec.tenant}/assets/${spec.assetId}/jobs/${jobId}/${attempt}/`;
