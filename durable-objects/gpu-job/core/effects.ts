/** What an event of a job makes the object tell others, or wait for. Pure. */
import type { Effect } from "../../../shared/core/effect.ts";
import { attemptDeadline } from "./deadlines.ts";
import type { JobEvent } from "./events.ts";
import { nextPollAtMs } from "./poll-schedule.ts";
import { type Attempt, currentAttempt, type JobState, type LiveJob } from "./state.ts";

/** How long an agent may take to hand over what it has. */
const GRACE_MS = 30_000;
/** The asset hears of progress at most this often: a checkpoint costs no call to another object. */
const PROGRESS_MS = 10_000;
/** A job that nobody resumes ends. */
const PAUSED_MS = 7 * 86_400_000;

export const PLACE = { target: "queue:place", key: "place" } as const;

export function effects(state: JobState, event: JobEvent, atMs: number): readonly Effect[] {
  if (state.phase === "absent") return [];
  switch (event.type) {
    case "JobSubmitted":
      return [expireIn(state, atMs), ...(state.status === "queued" ? [place(state)] : [])];
    case "JobConfirmed":
      return [place(state)];
    case "JobResumed":
      return [expireIn(state, atMs), place(state)];
    case "AttemptStarted":
      return begin(state);
    case "AttemptPlaced":
      return poll(state, atMs);
    case "AttemptEnded":
      return end(state, event, atMs);
    case "CheckpointCommitted":
      return progress(state, atMs);
    case "PauseRequested":
    case "CancelRequested":
      return [{ kind: "timer", name: "grace", dueAtMs: atMs + GRACE_MS }];
    case "JobPaused":
      return [
        { kind: "clear-timer", name: "requeue" },
        { kind: "confirm", ...PLACE },
        { kind: "timer", name: "expire", dueAtMs: atMs + PAUSED_MS },
      ];
    case "JobSucceeded":
    case "JobFailed":
    case "JobCanceled":
    case "JobExpired":
      return finish(state, event);
    case "PriorityChanged":
      return state.status === "queued" ? [place(state)] : [];
    case "AttemptRunning":
    case "SegmentStarted":
    case "CheckpointsDropped":
    case "StepReported":
      return [];
  }
}

const expireIn = (state: LiveJob, atMs: number): Effect => ({
  kind: "timer",
  name: "expire",
  dueAtMs: atMs + state.spec.limits.totalMs,
});

export const place = (state: LiveJob): Effect => ({
  kind: "send",
  ...PLACE,
  body: {
    tenant: state.spec.tenant,
    jobId: state.jobId,
    priority: state.priority,
    ...(state.spec.traceparent === undefined ? {} : { traceparent: state.spec.traceparent }),
  },
  confirmedByReceiver: true,
});

/** Names one attempt for a provider, so that a submission whose answer was lost is found again. */
export const labelOf = (job: LiveJob, attempt: Attempt): string => `${job.spec.tenant}/${job.jobId}/${attempt.number}`;

function begin(state: LiveJob): readonly Effect[] {
  const attempt = currentAttempt(state);
  const deadline = attemptDeadline(state, null);
  if (attempt === null || deadline === null) return [];
  const submit: Effect = {
    kind: "send",
    target: "provider",
    key: `submit:${attempt.number}`,
    body: { command: "submit", attempt: attempt.number },
    confirmedByReceiver: false,
  };
  return [
    { kind: "confirm", ...PLACE },
    { kind: "timer", name: "attempt", dueAtMs: deadline.atMs },
    ...(attempt.placement.kind === "provider" ? [submit] : []),
  ];
}

function poll(state: LiveJob, atMs: number): readonly Effect[] {
  const placement = currentAttempt(state)?.placement;
  return placement?.kind === "provider"
    ? [{ kind: "timer", name: "poll", dueAtMs: nextPollAtMs(placement, atMs, atMs) }]
    : [];
}

/** A run of a provider is canceled whatever ended its attempt: canceling what has ended costs one call. */
function release(state: LiveJob): readonly Effect[] {
  const attempt = state.attempts.at(-1);
  if (attempt?.placement.kind !== "provider") return [];
  const body = { command: "cancel", attempt: attempt.number };
  const key = `cancel:${attempt.number}`;
  return [{ kind: "send", target: "provider", key, body, confirmedByReceiver: false }];
}

function end(state: LiveJob, event: Extract<JobEvent, { type: "AttemptEnded" }>, atMs: number): readonly Effect[] {
  const { retryInMs } = event.data;
  const again: Effect[] =
    retryInMs === null
      ? []
      : retryInMs === 0
        ? [place(state)]
        : [{ kind: "timer", name: "requeue", dueAtMs: atMs + retryInMs }];
  return [
    { kind: "clear-timer", name: "attempt" },
    { kind: "clear-timer", name: "grace" },
    { kind: "clear-timer", name: "poll" },
    ...release(state),
    ...again,
  ];
}

type End = Extract<JobEvent, { type: "JobSucceeded" | "JobFailed" | "JobCanceled" | "JobExpired" }>;

function finish(state: LiveJob, event: End): readonly Effect[] {
  return [
    { kind: "clear-timers" },
    { kind: "confirm", ...PLACE },
    ...(event.type === "JobSucceeded" ? [] : release(state)),
    tellAsset(state, event),
    ...settle(state),
  ];
}

/** With the first checkpoint of every ten seconds of the attempt: it waits for no timer, and costs the others nothing. */
function progress(state: LiveJob, atMs: number): readonly Effect[] {
  const [newest, before] = state.checkpoints;
  const sinceMs = currentAttempt(state)?.startedAtMs ?? atMs;
  const lastMs = before?.attempt === newest?.attempt ? (before?.committedAtMs ?? sinceMs) : sinceMs;
  const turn = (ms: number): number => Math.floor((ms - sinceMs) / PROGRESS_MS);
  return turn(atMs) > turn(lastMs) ? [tellProgress(state)] : [];
}

/** One row: a newer one takes the place of one that is still waiting. */
const tellProgress = (state: LiveJob): Extract<Effect, { kind: "send" }> => ({
  kind: "send",
  target: "object:media-asset",
  key: "progress",
  body: {
    type: "progress",
    tenant: state.spec.tenant,
    assetId: state.spec.assetId,
    jobId: state.jobId,
    fraction: state.fraction,
  },
  confirmedByReceiver: false,
});

function tellAsset(state: LiveJob, event: End): Effect {
  const failure =
    event.type === "JobFailed" || event.type === "JobExpired"
      ? event.data.reason
      : event.type === "JobCanceled"
        ? { code: "canceled", detail: "The job was canceled." }
        : null;
  return {
    kind: "send",
    target: "object:media-asset",
    key: "end",
    body: { type: "job-end", tenant: state.spec.tenant, assetId: state.spec.assetId, jobId: state.jobId, failure },
    confirmedByReceiver: false,
  };
}

/** What the job has used, told once: the receiver knows repetitions by the job. */
function settle(state: LiveJob): readonly Effect[] {
  if (state.attempts.length === 0) return [];
  const attempts = state.attempts.map(({ number, startedAtMs, endedAtMs }) => ({
    number,
    startedAtMs,
    endedAtMs: endedAtMs ?? startedAtMs,
  }));
  const computeMs = attempts.reduce((sum, { startedAtMs, endedAtMs }) => sum + endedAtMs - startedAtMs, 0);
  const body = { tenant: state.spec.tenant, jobId: state.jobId, assetId: state.spec.assetId, attempts, computeMs };
  return [{ kind: "send", target: "object:tenant", key: "settle", body, confirmedByReceiver: false }];
}
