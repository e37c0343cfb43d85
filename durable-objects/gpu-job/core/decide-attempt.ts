/** How attempts begin, find their place, and end. Pure. */
import type { FailureCause } from "../../../shared/contracts/agent.ts";
import type { Reason } from "../../../shared/contracts/media.ts";
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import { event, type JobEvent } from "./events.ts";
import { isRetryable, jitterOf, retryInMs } from "./retry-policy.ts";
import { type Attempt, currentAttempt, type LiveJob, type Placement } from "./state.ts";

type Decision = Result<readonly JobEvent[], Refusal>;

export function startAttempt(state: LiveJob, placement: Placement, engine: string | null): Decision {
  if (currentAttempt(state) !== null) {
    return refuse({ code: "attempt_superseded", detail: "The job is at work elsewhere." });
  }
  if (state.status !== "queued") return refuse({ code: "attempt_superseded", detail: `The job is ${state.status}.` });
  const started = event("AttemptStarted", { attempt: state.attempts.length + 1, placement, engine });
  const [checkpoint] = state.checkpoints;
  if (checkpoint === undefined || checkpoint.engine === engine || state.spec.allowEngineChange) return ok([started]);
  const reason = {
    code: "engine_changed",
    detail: `The checkpoint was written by ${checkpoint.engine ?? "an unknown engine"}, the attempt runs ${engine ?? "an unknown one"}.`,
  };
  return ok([event("CheckpointsDropped", { reason }), started]);
}

/** Coordinates are written once: a second submission that came to light changes nothing. */
export function placeAttempt(attempt: Attempt, externalId: string): Decision {
  const { placement, number } = attempt;
  return placement.kind === "provider" && placement.externalId === null
    ? ok([event("AttemptPlaced", { attempt: number, externalId })])
    : ok([]);
}

/** Ends the open attempt; what the job does then depends on the cause, and on what its owner has asked for. */
export function endAttempt(state: LiveJob, cause: FailureCause, reason: Reason): Decision {
  const attempt = state.attempts.length;
  if (state.status === "canceling") {
    return ok([event("AttemptEnded", { attempt, cause, reason, retryInMs: null }), event("JobCanceled", {})]);
  }
  if (state.pauseRequested) {
    const paused = { code: "paused", detail: "The job was paused." };
    return ok([
      event("AttemptEnded", { attempt, cause, reason, retryInMs: null }),
      event("JobPaused", { reason: paused }),
    ]);
  }
  const causes = [...state.attempts.flatMap((each) => (each.cause === null ? [] : [each.cause])), cause];
  const retry = retryInMs(causes, jitterOf(state.jobId, attempt));
  const ended = event("AttemptEnded", { attempt, cause, reason, retryInMs: retry });
  if (retry !== null) return ok([ended]);
  const end = state.spec.onExhausted === "pause" && isRetryable(cause) ? "JobPaused" : "JobFailed";
  return ok([ended, event(end, { reason })]);
}
