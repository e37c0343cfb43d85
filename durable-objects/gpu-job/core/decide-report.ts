/** What the reports of an attempt make happen. Pure. */
import type { Report, StepOutcome } from "../../../shared/contracts/agent.ts";
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import { endAttempt } from "./decide-attempt.ts";
import { event, type JobEvent } from "./events.ts";
import { blobPrefix, currentAttempt, type JobState, type LiveJob, TERMINAL } from "./state.ts";

type Decision = Result<readonly JobEvent[], Refusal>;
const NOTHING: Decision = ok([]);

/** Whether a report of this attempt is heard at all: the last attempt is, until another thing than its end follows. */
export function admits(state: JobState, attempt: number): Result<LiveJob, Refusal> {
  if (state.phase === "absent") return refuse({ code: "not_found", detail: "There is no such job." });
  if (state.attempts.at(-1)?.number !== attempt || (currentAttempt(state) === null && !TERMINAL.has(state.status))) {
    return refuse({ code: "attempt_superseded", detail: `Attempt ${attempt} is over.` });
  }
  return ok(state);
}

export function decideReport(state: LiveJob, attempt: number, body: Report): Decision {
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
    case "checkpoint":
      return checkpoint(state, attempt, body);
    case "partial":
      return reportStep(state, attempt, body);
    case "succeeded":
      return succeed(attempt);
    case "failed":
      return endAttempt(state, body.cause, body.reason);
    case "preempted":
      return endAttempt(state, "preempted", { code: "preempted", detail: "The agent had to give the work back." });
  }
}

function checkpoint(state: LiveJob, attempt: number, body: Extract<Report, { type: "checkpoint" }>): Decision {
  const { blob, nextSegment, fraction } = body;
  const [newest] = state.checkpoints;
  if (newest !== undefined && newest.attempt === attempt && newest.nextSegment > nextSegment) return NOTHING;
  if (!blob.key.startsWith(blobPrefix(state.spec, state.jobId, attempt))) return NOTHING;
  const engine = currentAttempt(state)?.engine ?? null;
  return ok([event("CheckpointCommitted", { attempt, engine, blob, nextSegment, fraction })]);
}

export function reportStep(state: LiveJob, attempt: number, outcome: StepOutcome): Decision {
  const { step, status, reason, insights, insightsBlob } = outcome;
  if (state.finishedSteps.includes(step) || !state.spec.steps.some(({ id }) => id === step)) return NOTHING;
  return ok([
    event("StepReported", {
      attempt,
      step,
      status,
      reason,
      insightCount: insightsBlob === null ? insights.length : null,
    }),
  ]);
}

/** A success that comes while the job is to be canceled or paused is taken: the work is done and paid for. */
export const succeed = (attempt: number): Decision => ok([event("JobSucceeded", { attempt })]);
