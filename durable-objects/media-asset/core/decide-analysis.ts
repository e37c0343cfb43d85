/** The analysis: what jobs report, what goes on after them, how it ends, and starting it again. Pure. */
import type { Reason } from "../../../shared/contracts/media.ts";
import { withDependants } from "../../../shared/core/analysis/dag.ts";
import { isRetryable, MAX_STEP_JOBS } from "../../../shared/core/analysis/retryable.ts";
import { ok, refuse } from "../../../shared/core/result.ts";
import { abort, after, conclude, endOf, goOn } from "./analysis-course.ts";
import type { AnalysisCommand, FinishJob, FinishStep } from "./commands.ts";
import { type Decision, NOTHING } from "./decision.ts";
import { type AssetEvent, event } from "./events.ts";
import { isOpen, type LiveAsset, type StepState } from "./state.ts";
import { isWorking } from "./saga.ts";

export function decideAnalysis(state: LiveAsset, command: AnalysisCommand, nowMs: number): Decision {
  switch (command.type) {
    case "advance":
      return advance(state, command);
    case "finish-step":
      return finishStep(state, command, nowMs);
    case "finish-job":
      return finishJob(state, command, nowMs);
    case "expire-analysis": {
      if (state.status !== "analysing") return NOTHING;
      const reason = { code: "analysis_timeout", detail: "The analysis took longer than it may." };
      const events = endSteps(state, isOpen, reason);
      return ok([...events, ...conclude(after(state, events, nowMs), reason)]);
    }
    case "rerun":
      return rerun(state, command.fromStep, command.newJobId, nowMs);
  }
}

/** Progress is told in steps of a twentieth: enough to watch, too little to fill a journal. */
const ADVANCE = 0.05;

function advance(state: LiveAsset, { jobId, fraction }: Extract<AnalysisCommand, { type: "advance" }>): Decision {
  const job = state.openJobs.find((each) => each.jobId === jobId);
  if (state.status !== "analysing" || job === undefined) return NOTHING;
  const total = state.steps.length;
  const endedElsewhere = state.steps.filter((step) => !isOpen(step) && !job.steps.includes(step.id)).length;
  const whole = job.steps.length === total ? fraction : (endedElsewhere + fraction * job.steps.length) / total;
  return whole >= state.analysed + ADVANCE
    ? ok([event("AnalysisAdvanced", { fraction: Math.min(whole, 1) })])
    : NOTHING;
}

/** Whether another job may mend the failure. */
const mayRetry = (step: StepState, reason: Reason | null): boolean =>
  reason !== null && isRetryable(reason.code) && step.attempts < MAX_STEP_JOBS;

function finishStep(state: LiveAsset, command: FinishStep, nowMs: number): Decision {
  const step = state.steps.find(({ id }) => id === command.step);
  if (state.status !== "analysing" || step === undefined || step.jobId !== command.jobId || !isOpen(step))
    return NOTHING;
  const { status, reason, insightCount, insightsSha256, artifacts, cached } = command;
  const known = new Set(Object.keys(state.metadata));
  const metadata = Object.fromEntries(Object.entries(command.metadata ?? {}).filter(([name]) => !known.has(name)));
  const finished = event("StepFinished", {
    step: command.step,
    status,
    reason,
    metadata,
    insightCount,
    insightsSha256,
    artifacts,
    cached,
  });
  if (status === "succeeded" || !step.required || (status === "failed" && mayRetry(step, reason)))
    return ok([finished]);
  return ok([finished, ...abort(after(state, [finished], nowMs), { ...step, reason }, nowMs)]);
}

function finishJob(state: LiveAsset, command: FinishJob, nowMs: number): Decision {
  if (state.status !== "analysing" || !state.openJobs.some(({ jobId }) => jobId === command.jobId)) return NOTHING;
  const reason = command.failure ?? { code: "not_reported", detail: "The job ended without a word about this step." };
  const own = state.steps.filter(({ jobId }) => jobId === command.jobId);
  const again = own.filter((step) =>
    isOpen(step) ? mayRetry(step, reason) : step.status === "failed" && mayRetry(step, step.reason),
  );
  const events: AssetEvent[] = [
    ...endSteps(state, (step) => isOpen(step) && step.jobId === command.jobId && !again.includes(step), reason),
    ...again.map((step) =>
      event("StepReopened", { step: step.id, reason: isOpen(step) ? reason : (step.reason ?? reason) }),
    ),
  ];
  const jobEnded = event("JobEnded", { jobId: command.jobId, failure: command.failure });
  const left = after(state, [...events, jobEnded], nowMs);
  const course = goOn(left, command.newJobId, nowMs, command.failure);
  const isOver = course.some(({ type }) => type === "AnalysisFinished");
  return ok(isOver ? [...events, ...course] : [...events, jobEnded, ...course]);
}

function rerun(state: LiveAsset, fromStep: string | null, newJobId: string, nowMs: number): Decision {
  if (state.status !== "analysed" && state.status !== "failed" && state.status !== "quarantined")
    return refuse({ code: "asset_busy", detail: `The asset is ${state.status}.` });
  if (state.content === null || state.steps.length === 0)
    return refuse({ code: "asset_not_analysable", detail: "The content of this asset never got to an analysis." });
  if (state.saga?.compensating === true && (isWorking(state.saga) || state.saga.status === "stuck"))
    return refuse({ code: "asset_busy", detail: "What the failed analysis left is still being removed." });
  if (fromStep !== null && !state.steps.some(({ id }) => id === fromStep)) {
    return refuse({ code: "invalid_request", detail: `There is no step ${fromStep}.`, pointer: "/fromStep" });
  }
  const chosen = fromStep === null ? null : withDependants(state.steps, fromStep);
  const steps = state.steps.map(({ id }) => id).filter((id) => chosen === null || chosen.has(id));
  const restarted = event("AnalysisRestarted", { steps });
  return ok([restarted, ...goOn(after(state, [restarted], nowMs), newJobId, nowMs, null)]);
}

/** The end of steps that brought nothing. */
const endSteps = (state: LiveAsset, which: (step: StepState) => boolean, reason: Reason): AssetEvent[] =>
  state.steps.filter(which).map(({ id }) => endOf(id, "failed", reason));
