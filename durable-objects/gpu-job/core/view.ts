import type { JobView } from "../../../shared/contracts/job.ts";
import type { LiveJob, Placement } from "./state.ts";

const instant = (ms: number): string => new Date(ms).toISOString();
const maybe = (ms: number | null): string | null => (ms === null ? null : instant(ms));

/** The job as the API shows it. `seq` is the number of its newest event. */
export function viewOf(job: LiveJob, seq: number): JobView {
  const [checkpoint] = job.checkpoints;
  return {
    id: job.jobId,
    assetId: job.spec.assetId,
    status: job.status,
    reason: job.reason,
    priority: job.priority,
    progress: job.fraction,
    attempts: job.attempts.map(({ number, placement, startedAtMs, endedAtMs, cause }) => ({
      number,
      placement: nameOf(placement),
      startedAt: instant(startedAtMs),
      endedAt: maybe(endedAtMs),
      cause,
    })),
    checkpoint:
      checkpoint === undefined
        ? null
        : {
            nextSegment: checkpoint.nextSegment,
            sizeBytes: checkpoint.blob.sizeBytes,
            engine: checkpoint.engine,
            committedAt: instant(checkpoint.committedAtMs),
          },
    steps: { done: job.finishedSteps.length, total: job.spec.steps.length },
    seq,
    createdAt: instant(job.createdAtMs),
    finishedAt: maybe(job.finishedAtMs),
  };
}

const nameOf = (placement: Placement): string =>
  placement.kind === "agent"
    ? placement.agentId
    : [placement.provider, placement.account, placement.endpoint, placement.externalId]
        .filter((part) => part !== null)
        .join("/");
