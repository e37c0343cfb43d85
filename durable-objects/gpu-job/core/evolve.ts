import type { FailureCause } from "../../../shared/contracts/agent.ts";
import { assertNever } from "../../../shared/core/exhaustive.ts";
import type { JobEvent } from "./events.ts";
import type { JobStatus } from "../../../shared/contracts/job.ts";
import type { JobState, LiveJob } from "./state.ts";

/** What an event does to a job. Pure; never refuses: a journal replays whatever it holds. */
export function evolve(state: JobState, event: JobEvent, atMs: number): JobState {
  if (event.type === "JobSubmitted") {
    return {
      phase: "live",
      jobId: event.data.jobId,
      spec: event.data.spec,
      status: "queued",
      reason: null,
      attempts: [],
      finishedSteps: [],
      checkpoints: [],
      fraction: 0,
      createdAtMs: atMs,
      finishedAtMs: null,
    };
  }
  return state.phase === "absent" ? state : change(state, event, atMs);
}

function change(state: LiveJob, event: Exclude<JobEvent, { type: "JobSubmitted" }>, atMs: number): LiveJob {
  switch (event.type) {
    case "AttemptStarted": {
      const { attempt: number, agentId } = event.data;
      const attempt = { number, agentId, startedAtMs: atMs, endedAtMs: null, cause: null };
      return { ...state, status: "provisioning", attempts: [...state.attempts, attempt] };
    }
    case "AttemptRunning":
      return { ...state, status: "running" };
    case "SegmentStarted":
      return state;
    case "CheckpointCommitted": {
      const { attempt, blob, nextSegment, fraction } = event.data;
      const checkpoints = [{ attempt, blob, nextSegment, fraction }, ...state.checkpoints].slice(0, 2);
      return { ...state, checkpoints, fraction: Math.max(state.fraction, fraction) };
    }
    case "StepReported":
      return { ...state, finishedSteps: [...state.finishedSteps, event.data.step] };
    case "AttemptEnded":
      return { ...closeAttempt(state, event.data.cause, atMs), status: "queued" };
    case "JobSucceeded":
      return { ...ended(state, "succeeded", atMs), fraction: 1 };
    case "JobFailed":
      return { ...ended(state, "failed", atMs), reason: event.data.reason };
    case "JobCanceled":
      return ended(state, "canceled", atMs);
    case "JobExpired":
      return { ...ended(state, "expired", atMs), reason: event.data.reason };
    default:
      return assertNever(event);
  }
}

const closeAttempt = (state: LiveJob, cause: FailureCause | null, atMs: number): LiveJob => ({
  ...state,
  attempts: state.attempts.map((attempt) =>
    attempt.endedAtMs === null ? { ...attempt, endedAtMs: atMs, cause } : attempt,
  ),
});

const ended = (state: LiveJob, status: JobStatus, atMs: number): LiveJob => ({
  ...closeAttempt(state, null, atMs),
  status,
  finishedAtMs: atMs,
});
