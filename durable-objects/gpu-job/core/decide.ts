/**
 * The rules of a job. Pure.
 *
 * G1 At most one attempt is open; a report of any other attempt is refused and changes nothing (fencing).
 * G2 Terminal states are sticky: nothing follows them.
 * G3 A step is reported once over all attempts; a repetition changes nothing.
 * G4 A checkpoint never goes back: one that covers less than the newest of its attempt is not committed.
 * G5 An attempt continues the work of the same engine only, unless the job allows another.
 * G6 Cancel and pause give an agent's attempt 30 s to hand over; what a provider runs is canceled at once.
 */
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import type { JobCommand } from "./commands.ts";
import { endAttempt, placeAttempt, startAttempt } from "./decide-attempt.ts";
import { cancel, changePriority, confirm, endGrace, pause, resume } from "./decide-operation.ts";
import { decideReport, reportStep, succeed } from "./decide-report.ts";
import { event, type JobEvent } from "./events.ts";
import { currentAttempt, type JobState, type LiveJob, TERMINAL } from "./state.ts";

type Decision = Result<readonly JobEvent[], Refusal>;
const NOTHING: Decision = ok([]);

export function decide(state: JobState, command: JobCommand): Decision {
  if (state.phase === "absent") {
    return command.type === "submit"
      ? ok([event("JobSubmitted", { jobId: command.jobId, spec: command.spec })])
      : refuse({ code: "not_found", detail: "There is no such job." });
  }
  switch (command.type) {
    case "submit":
      return NOTHING;
    case "report":
      return decideReport(state, command.attempt, command.report);
    case "start-attempt":
      return startAttempt(state, command.placement, command.engine);
    case "confirm":
    case "change-priority":
    case "pause":
    case "resume":
    case "cancel":
      return operate(state, command);
    case "end-grace":
      return TERMINAL.has(state.status) ? NOTHING : endGrace(state);
    case "expire":
      return TERMINAL.has(state.status)
        ? NOTHING
        : ok([event("JobExpired", { reason: { code: "deadline", detail: "The job took longer than it may." } })]);
    case "place-attempt":
    case "observe-running":
    case "observe-outcome":
    case "observe-success":
    case "end-attempt":
      return TERMINAL.has(state.status) ? NOTHING : observe(state, command);
  }
}

type Operation = Extract<JobCommand, { type: "confirm" | "change-priority" | "pause" | "resume" | "cancel" }>;

function operate(state: LiveJob, command: Operation): Decision {
  switch (command.type) {
    case "confirm":
      return confirm(state);
    case "change-priority":
      return changePriority(state, command.priority);
    case "pause":
      return pause(state);
    case "resume":
      return resume(state);
    case "cancel":
      return cancel(state);
  }
}

type Observation = Extract<
  JobCommand,
  { type: "place-attempt" | "observe-running" | "observe-outcome" | "observe-success" | "end-attempt" }
>;

/** What is known of an attempt beside its reports; of any but the open one it is too late to matter. */
function observe(state: LiveJob, command: Observation): Decision {
  const attempt = currentAttempt(state);
  if (attempt === null || attempt.number !== command.attempt) return NOTHING;
  switch (command.type) {
    case "place-attempt":
      return placeAttempt(attempt, command.externalId);
    case "observe-running":
      return state.status === "provisioning"
        ? ok([event("AttemptRunning", { attempt: attempt.number, resumedFrom: null })])
        : NOTHING;
    case "observe-outcome":
      return reportStep(state, attempt.number, command.outcome);
    case "observe-success":
      return succeed(attempt.number);
    case "end-attempt":
      return endAttempt(state, command.cause, command.reason);
  }
}
