/** What the owner of a job may ask of it: confirm, pause, resume, cancel, another priority. Pure. */
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import { endAttempt } from "./decide-attempt.ts";
import { event, type JobEvent } from "./events.ts";
import { currentAttempt, type LiveJob, TERMINAL } from "./state.ts";

type Decision = Result<readonly JobEvent[], Refusal>;
const NOTHING: Decision = ok([]);

const conflict = (state: LiveJob, what: string): Decision =>
  refuse({ code: "job_not_in_state", detail: `A job that is ${state.status} cannot be ${what}.` });

export function confirm(state: LiveJob): Decision {
  if (state.status === "awaiting_confirmation") return ok([event("JobConfirmed", {})]);
  return TERMINAL.has(state.status) ? conflict(state, "confirmed") : NOTHING;
}

export function changePriority(state: LiveJob, priority: number): Decision {
  if (TERMINAL.has(state.status)) return conflict(state, "given a priority");
  return state.priority === priority ? NOTHING : ok([event("PriorityChanged", { priority })]);
}

export function pause(state: LiveJob): Decision {
  if (state.status === "paused" || state.pauseRequested) return NOTHING;
  if (TERMINAL.has(state.status) || state.status === "canceling" || state.status === "awaiting_confirmation") {
    return conflict(state, "paused");
  }
  const attempt = currentAttempt(state);
  const reason = { code: "paused", detail: "The job was paused." };
  if (attempt === null) return ok([event("JobPaused", { reason })]);
  const requested = event("PauseRequested", {});
  if (attempt.placement.kind === "agent") return ok([requested]);
  const ended = endAttempt({ ...state, pauseRequested: true }, "paused", reason);
  return ended.ok ? ok([requested, ...ended.value]) : ended;
}

export function resume(state: LiveJob): Decision {
  if (state.status === "paused") return ok([event("JobResumed", {})]);
  if (TERMINAL.has(state.status) || state.status === "canceling" || state.pauseRequested) {
    return conflict(state, "resumed");
  }
  return NOTHING;
}

/** Canceling what has ended, or is ending so, changes nothing. */
export function cancel(state: LiveJob): Decision {
  if (TERMINAL.has(state.status) || state.status === "canceling") return NOTHING;
  const attempt = currentAttempt(state);
  return attempt?.placement.kind === "agent" ? ok([event("CancelRequested", {})]) : ok([event("JobCanceled", {})]);
}

/** The attempt has not handed over in time: what it has reported so far is what there is. */
export function endGrace(state: LiveJob): Decision {
  if (currentAttempt(state) === null) return NOTHING;
  if (state.status !== "canceling" && !state.pauseRequested) return NOTHING;
  return endAttempt(state, "paused", { code: "grace_ended", detail: "The agent did not hand over in time." });
}
