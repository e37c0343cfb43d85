import { assertNever } from "../../../shared/core/exhaustive.ts";
import type { EventOf, PlannedJob } from "./events.ts";
import type { LiveAsset, StepState } from "./state.ts";

type AnalysisEvent = EventOf<
  | "AnalysisStarted"
  | "JobsPlanned"
  | "JobEnded"
  | "AnalysisAdvanced"
  | "StepFinished"
  | "StepReopened"
  | "AnalysisFinished"
  | "AnalysisRestarted"
>;

export function evolveAnalysis(state: LiveAsset, event: AnalysisEvent, atMs: number): LiveAsset {
  switch (event.type) {
    case "AnalysisStarted": {
      const { pipeline, steps, jobs } = event.data;
      const fresh = steps.map((step): StepState => ({
        ...step,
        status: "pending",
        reason: null,
        jobId: null,
        attempts: 0,
        cached: false,
        metadata: {},
        insightCount: 0,
        artifacts: [],
      }));
      return planned({ ...state, status: "analysing", pipelineName: pipeline, steps: fresh }, jobs);
    }
    case "JobsPlanned":
      return planned(state, event.data.jobs);
    case "JobEnded":
      return { ...state, openJobs: state.openJobs.filter(({ jobId }) => jobId !== event.data.jobId) };
    case "AnalysisAdvanced":
      return { ...state, analysed: event.data.fraction };
    case "StepFinished":
      return finishStep(state, event.data);
    case "StepReopened":
      return stepChanged(state, event.data.step, (step) => ({
        ...step,
        status: "pending",
        reason: event.data.reason,
        jobId: null,
      }));
    case "AnalysisFinished": {
      const { status, reason, openJobs } = event.data;
      const stillOpen = state.openJobs.filter(({ jobId }) => openJobs.includes(jobId));
      return { ...state, status, reason, openJobs: stillOpen, finishedAtMs: atMs };
    }
    case "AnalysisRestarted": {
      const again = new Set(event.data.steps);
      return {
        ...state,
        status: "analysing",
        reason: null,
        finishedAtMs: null,
        analysed: 0,
        usesCache: false,
        saga: null,
        steps: state.steps.map((step) =>
          again.has(step.id)
            ? { ...step, status: "pending", reason: null, jobId: null, attempts: 0, cached: false }
            : step,
        ),
      };
    }
    default:
      return assertNever(event);
  }
}

function planned(state: LiveAsset, jobs: readonly PlannedJob[]): LiveAsset {
  const jobOf = new Map(jobs.flatMap(({ jobId, steps }) => steps.map((id) => [id, jobId])));
  return {
    ...state,
    jobId: jobs.at(-1)?.jobId ?? state.jobId,
    openJobs: [...state.openJobs, ...jobs],
    steps: state.steps.map((step) => {
      const jobId = jobOf.get(step.id);
      return jobId === undefined ? step : { ...step, jobId, attempts: step.attempts + 1 };
    }),
  };
}

function finishStep(state: LiveAsset, data: EventOf<"StepFinished">["data"]): LiveAsset {
  const { step: id, status, reason, metadata, insightCount, artifacts, cached } = data;
  const changed = stepChanged(state, id, (step) => ({
    ...step,
    status,
    reason,
    metadata,
    insightCount,
    artifacts,
    cached,
  }));
  return { ...changed, metadata: { ...metadata, ...state.metadata } };
}

const stepChanged = (state: LiveAsset, id: string, to: (step: StepState) => StepState): LiveAsset => ({
  ...state,
  steps: state.steps.map((step) => (step.id === id ? to(step) : step)),
});
