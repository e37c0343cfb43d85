import type { FailureCause } from "../../../shared/contracts/agent.ts";
import type { JobStatus } from "../../../shared/contracts/job.ts";
import { assertNever } from "../../../shared/core/exhaustive.ts";
import type { JobEvent } from "./events.ts";
import type { Attempt, JobState, LiveJob } from "./state.ts";

/** What an event does to a job. Pure; never refuses: a journal replays whatever it holds. */
export function evolve(state: JobState, event: JobEvent, atMs: number): JobState {
  if (event.type === "JobSubmitted") {
    const { jobId, spec } = event.data;
    return {
      phase: "live",
      jobId,
      spec,
      status: spec.requiresConfirmation ? "awaiting_confirmation" : "queued",
      reason: null,
      priority: spec.priority,
      pauseRequested: false,
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
    case "JobConfirmed":
      return { ...state, status: "queued" };
    case "PriorityChanged":
      return { ...state, priority: event.data.priority };
    case "PauseRequested":
      return { ...state, pauseRequested: true };
    case "JobPaused":
      return { ...state, status: "paused", pauseRequested: false, reason: event.data.reason };
    case "JobResumed":
      return { ...state, status: "queued", reason: null };
    case "CancelRequested":
      return { ...state, status: "canceling", pauseRequested: false };
    case "StepReported":
      return { ...state, finishedSteps: [...state.finishedSteps, event.data.step] };
    case "JobSucceeded":
      return { ...ended(state, "succeeded", atMs), fraction: 1 };
    case "JobFailed":
      return { ...ended(state, "failed", atMs), reason: event.data.reason };
    case "JobCanceled":
      return ended(state, "canceled", atMs);
    case "JobExpired":
      return { ...ended(state, "expired", atMs), reason: event.data.reason };
    case "AttemptStarted":
    case "AttemptPlaced":
    case "AttemptRunning":
    case "SegmentStarted":
    case "CheckpointCommitted":
    case "CheckpointsDropped":
    case "AttemptEnded":
      return changeAttempt(state, event, atMs);
    default:
      return assertNever(event);
  }
}

type AttemptEvent = Extract<
  JobEvent,
  {
    type:
      | "AttemptStarted"
      | "AttemptPlaced"
      | "AttemptRunning"
      | "SegmentStarted"
      | "CheckpointCommitted"
      | "CheckpointsDropped"
      | "AttemptEnded";
  }
>;

function changeAttempt(state: LiveJob, event: AttemptEvent, atMs: number): LiveJob {
  switch (event.type) {
    case "AttemptStarted": {
      const { attempt: number, placement, engine } = event.data;
      const byAgent = placement.kind === "agent";
      const attempt: Attempt = {
        number,
        placement,
        engine,
        startedAtMs: atMs,
        placedAtMs: byAgent ? atMs : null,
        endedAtMs: null,
        cause: null,
      };
      return { ...state, status: byAgent ? "provisioning" : "placing", attempts: [...state.attempts, attempt] };
    }
    case "AttemptPlaced": {
      const { externalId } = event.data;
      return {
        ...changeOpen(state, (attempt) => ({
          ...attempt,
          placedAtMs: atMs,
          placement: attempt.placement.kind === "provider" ? { ...attempt.placement, externalId } : attempt.placement,
        })),
        status: "provisioning",
      };
    }
    case "AttemptRunning":
      return { ...state, status: "running" };
    case "SegmentStarted":
      return state;
    case "CheckpointCommitted": {
      const { attempt, blob, nextSegment, fraction } = event.data;
      // Version 1 of the event left the engine to the attempt.
      const engine = event.data.engine ?? state.attempts.find(({ number }) => number === attempt)?.engine ?? null;
      const checkpoint = { attempt, engine, committedAtMs: atMs, blob, nextSegment, fraction };
      const checkpoints = [checkpoint, ...state.checkpoints].slice(0, 2);
      return { ...state, checkpoints, fraction: Math.max(state.fraction, fraction) };
    }
    case "CheckpointsDropped":
      return { ...state, checkpoints: [], fraction: 0 };
    case "AttemptEnded":
      return { ...closeAttempt(state, event.data.cause, atMs), status: "queued" };
  }
}

const changeOpen = (state: LiveJob, change: (attempt: Attempt) => Attempt): LiveJob => ({
  ...state,
  attempts: state.attempts.map((attempt) => (attempt.endedAtMs === null ? change(attempt) : attempt)),
});

const closeAttempt = (state: LiveJob, cause: FailureCause | null, atMs: number): LiveJob =>
  changeOpen(state, (attempt) => ({ ...attempt, endedAtMs: atMs, cause }));

const ended = (state: LiveJob, status: JobStatus, atMs: number): LiveJob => ({
  ...closeAttempt(state, null, atMs),
  status,
  pauseRequested: false,
  finishedAtMs: atMs,
});
