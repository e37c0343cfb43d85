/**
 * The rules of a job. Pure.
 *
 * G1 At most one attempt is open; a report of any other attempt is refused and changes nothing (fencing).
 * G2 Terminal states are sticky: nothing follows them.
 * G3 A step is reported once over all attempts; a repetition changes nothing.
 * G4 A checkpoint never goes back: one that covers less than the newest is not committed.
 */
import type { FailureCause, Report } from "../../../shared/contracts/agent.ts";
import type { Reason } from "../../../shared/contracts/media.ts";
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import { event, type JobEvent } from "./events.ts";
import { retryInMs } from "./retry-policy.ts";
import type { JobSpec } from "./spec.ts";
import { currentAttempt, type JobState, type LiveJob, TERMINAL } from "./state.ts";

export type JobCommand =
  | { readonly type: "submit"; readonly jobId: string; readonly spec: JobSpec }
  | { readonly type: "start-attempt"; readonly agentId: string }
  | { readonly type: "report"; readonly attempt: number; readonly report: Report }
  | { readonly type: "lose-heartbeat"; readonly attempt: number }
  | { readonly type: "cancel" }
  | { readonly type: "expire" };

type Decision = Result<readonly JobEvent[], Refusal>;
const NOTHING: Decision = ok([]);

export function decide(state: JobState, command: JobCommand): Decision {
  if (state.phase === "absent") {
    return command.type === "submit"
      ? ok([event("JobSubmitted", { jobId: command.jobId, spec: command.spec })])
      : refuse({ code: "not_found", detail: "There is no such job." });
  }
  if (command.type === "submit") return NOTHING;
  if (command.type === "report") return report(state, command.attempt, command.report);
  if (TERMINAL.has(state.status)) {
    return command.type === "start-attempt"
      ? refuse({ code: "attempt_superseded", detail: `The job is ${state.status}.` })
      : NOTHING;
  }
  switch (command.type) {
    case "start-attempt":
      return currentAttempt(state) === null
        ? ok([event("AttemptStarted", { attempt: state.attempts.length + 1, agentId: command.agentId })])
        : refuse({ code: "attempt_superseded", detail: "The job is at work elsewhere." });
    case "lose-heartbeat":
      return currentAttempt(state)?.number === command.attempt
        ? endAttempt(state, "lost_heartbeat", { code: "lost_heartbeat", detail: "The agent fell silent." })
        : NOTHING;
    case "cancel":
      return ok([event("JobCanceled", {})]);
    case "expire":
      return ok([event("JobExpired", { reason: { code: "deadline", detail: "The job took longer than it may." } })]);
  }
}

/** Whether a report of this attempt is heard at all. */
export function admits(state: JobState, attempt: number): Result<LiveJob, Refusal> {
  if (state.phase === "absent") return refuse({ code: "not_found", detail: "There is no such job." });
  if (state.attempts.at(-1)?.number !== attempt || (currentAttempt(state) === null && !TERMINAL.has(state.status))) {
    return refuse({ code: "attempt_superseded", detail: `Attempt ${attempt} is over.` });
  }
  return ok(state);
}

function report(state: LiveJob, attempt: number, body: Report): Decision {
  const admitted = admits(state, attempt);
  if (!admitted.ok) return admitted;
  if (TERMINAL.has(state.status)) return NOTHING;
  switch (body.type) {
    case "hello":
      return state.status === "provisioning"
        ? ok([event("AttemptRunning", { attempt, resumedFrom: body.resumedFrom })])
        : NOTHING;
    case "heartbeat":
      return NOTHING;
    case "progress":
      return body.segment === null
        ? NOTHING
        : ok([event("SegmentStarted", { attempt, segment: body.segment, step: body.step })]);
    case "checkpoint": {
      const { blob, nextSegment, fraction } = body;
      const newest = state.checkpoints[0];
      if (newest !== undefined && newest.attempt === attempt && newest.nextSegment > nextSegment) return NOTHING;
      return ok([event("CheckpointCommitted", { attempt, blob, nextSegment, fraction })]);
    }
    case "partial":
      if (state.finishedSteps.includes(body.step) || !state.spec.steps.some(({ id }) => id === body.step))
        return NOTHING;
      return ok([
        event("StepReported", {
          attempt,
          step: body.step,
          status: body.status,
          reason: body.reason,
          insightCount: body.insightsBlob === null ? body.insights.length : null,
        }),
      ]);
    case "succeeded":
      return ok([event("JobSucceeded", { attempt })]);
    case "failed":
      return endAttempt(state, body.cause, body.reason);
    case "preempted":
      return endAttempt(state, "preempted", { code: "preempted", detail: "The agent had to give the work back." });
  }
}

function endAttempt(state: LiveJob, cause: FailureCause, reason: Reason): Decision {
  const attempt = state.attempts.length;
  const causes = [...state.attempts.flatMap((each) => (each.cause === null ? [] : [each.cause])), cause];
  const retry = retryInMs(causes);
  const ended = event("AttemptEnded", { attempt, cause, reason, retryInMs: retry });
  return ok(retry === null ? [ended, event("JobFailed", { reason })] : [ended]);
}
