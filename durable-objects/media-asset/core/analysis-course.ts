/**
 * What follows when a part of an analysis has ended: more jobs, or its end. Pure.
 *
 * An analysis has succeeded when any step brought a finding; what was skipped or failed says why beside it.
 */
import type { Reason } from "../../../shared/contracts/media.ts";
import { deadSteps, lanesOf, readySteps } from "../../../shared/core/analysis/dag.ts";
import { closing } from "./closing.ts";
import { type AssetEvent, event, plannedJobs } from "./events.ts";
import { evolve } from "./evolve.ts";
import { insightCountOf, isOpen, type LiveAsset, type StepState } from "./state.ts";

/** Skips what cannot start any more, gives what can to new jobs, and ends the analysis when nothing is left. */
export function goOn(state: LiveAsset, newJobId: string, nowMs: number, failure: Reason | null): readonly AssetEvent[] {
  const skipped = deadSteps(state.steps).map(({ id, reason }) => endOf(id, "skipped", reason));
  const next = after(state, skipped, nowMs);
  const useless = next.steps.find((step) => step.required && (step.status === "failed" || step.status === "skipped"));
  if (useless !== undefined) return [...skipped, ...abort(next, useless, nowMs)];
  const ready = readySteps(next.steps);
  if (ready.length > 0) return [...skipped, event("JobsPlanned", { jobs: plannedJobs(lanesOf(ready), newJobId) })];
  return next.steps.some(isOpen) ? skipped : [...skipped, ...conclude(next, failure)];
}

/** A step without which the asset is of no use has ended without its result. */
export function abort(state: LiveAsset, step: Pick<StepState, "id" | "reason">, nowMs: number): readonly AssetEvent[] {
  const aborted = { code: "analysis_aborted", detail: `The step ${step.id}, which is required, brought no result.` };
  const ended = state.steps.filter(isOpen).map(({ id }) => endOf(id, "skipped", aborted));
  const next = after(state, ended, nowMs);
  const openJobs = next.openJobs.map(({ jobId }) => jobId);
  const finished = event("AnalysisFinished", { status: "failed", reason: step.reason ?? aborted, openJobs });
  return [...ended, finished, ...closing(next, { compensating: true, openJobs: openJobs.length > 0 })];
}

/** Every step has ended. `failure`: that of the job whose end this is. */
export function conclude(state: LiveAsset, failure: Reason | null): readonly AssetEvent[] {
  const failed = state.steps.filter(({ status }) => status === "failed");
  const first = failed[0]?.reason ?? null;
  const openJobs = state.openJobs.map(({ jobId }) => jobId);
  const loose = { openJobs: openJobs.length > 0 };
  if (insightCountOf(state) > 0) {
    const reason = first === null ? null : partial(failed.length, state.steps.length, first);
    return [
      event("AnalysisFinished", { status: "analysed", reason, openJobs }),
      ...closing(state, { compensating: false, ...loose }),
    ];
  }
  const reason = failure ?? first ?? { code: "no_findings", detail: "No operation found anything in the content." };
  return [
    event("AnalysisFinished", { status: "failed", reason, openJobs }),
    ...closing(state, { compensating: true, ...loose }),
  ];
}

/** What is missing from an analysis that found something. */
function partial(failures: number, of: number, first: Reason): Reason {
  const detail = `${failures} of ${of} steps failed, the first with ${first.code}: ${first.detail}`;
  return { code: "partial_results", detail: detail.slice(0, 1000) };
}

/** The end of a step that brought nothing. */
export const endOf = (step: string, status: "skipped" | "failed", reason: Reason): AssetEvent =>
  event("StepFinished", {
    step,
    status,
    reason,
    metadata: {},
    insightCount: 0,
    insightsSha256: "",
    artifacts: [],
    cached: false,
  });

/** The state that these events lead to. */
export function after(state: LiveAsset, events: readonly AssetEvent[], nowMs: number): LiveAsset {
  let next: LiveAsset = state;
  for (const each of events) {
    const evolved = evolve(next, each, nowMs);
    if (evolved.phase === "live") next = evolved;
  }
  return next;
}
