import { assertNever } from "../../../shared/core/exhaustive.ts";
import type { AssetEvent, EventOf } from "./events.ts";
import { evolveAnalysis } from "./evolve-analysis.ts";
import { evolveSaga } from "./evolve-saga.ts";
import { type AssetState, type LiveAsset, withoutResults } from "./state.ts";

/** What an event does to an asset. Pure; never refuses: a journal replays whatever it holds. */
export function evolve(state: AssetState, event: AssetEvent, atMs: number): AssetState {
  if (event.type === "AssetCreated") return created(event.data, atMs);
  if (state.phase === "absent") return state;
  return { ...change(state, event, atMs), updatedAtMs: atMs };
}

const created = (data: EventOf<"AssetCreated">["data"], atMs: number): LiveAsset => ({
  phase: "live",
  ...data,
  status: "uploading",
  reason: null,
  uploadNumber: 0,
  upload: null,
  content: null,
  mediaType: null,
  contentType: null,
  metadata: {},
  inspectionErrors: [],
  pipelineName: null,
  jobId: null,
  openJobs: [],
  steps: [],
  analysed: 0,
  usesCache: true,
  deletion: null,
  saga: null,
  sagaCount: 0,
  createdAtMs: atMs,
  uploadedAtMs: null,
  inspectedAtMs: null,
  finishedAtMs: null,
  updatedAtMs: atMs,
});

function change(state: LiveAsset, event: Exclude<AssetEvent, { type: "AssetCreated" }>, atMs: number): LiveAsset {
  switch (event.type) {
    case "UploadBegun":
      return {
        ...state,
        uploadNumber: event.data.upload,
        upload: { number: event.data.upload, key: event.data.key, multipartId: null },
      };
    case "MultipartNoted":
      return state.upload === null
        ? state
        : { ...state, upload: { ...state.upload, multipartId: event.data.multipartId } };
    case "ContentStored": {
      const { key, sizeBytes, sha256 } = event.data;
      return { ...state, upload: null, content: { key, sizeBytes, sha256 } };
    }
    case "UploadFailed":
      return { ...state, upload: null };
    case "UploadCompleted":
      return { ...state, status: "inspecting", uploadedAtMs: atMs };
    case "UploadExpired":
      return { ...state, status: "failed", reason: event.data.reason, content: null, finishedAtMs: atMs };
    case "AssetInspected": {
      const { mediaType, contentType, metadata, errors } = event.data;
      return { ...state, mediaType, contentType, metadata, inspectionErrors: errors, inspectedAtMs: atMs };
    }
    case "AssetRefused": {
      const { errors, ...rest } = event.data;
      return { ...state, ...rest, inspectionErrors: errors, inspectedAtMs: atMs, finishedAtMs: atMs };
    }
    case "AnalysisStarted":
    case "JobsPlanned":
    case "JobEnded":
    case "AnalysisAdvanced":
    case "StepFinished":
    case "StepReopened":
    case "AnalysisFinished":
    case "AnalysisRestarted":
      return evolveAnalysis(state, event, atMs);
    case "AssetDeleted":
      return deleted(state, event.data, atMs);
    case "AssetRestored":
      return restored(state);
    case "SagaStarted":
    case "SagaStepDone":
    case "SagaStepFailed":
    case "SagaRetried":
    case "SagaAbandoned":
      return evolveSaga(state, event, atMs);
    case "AssetPurged":
      return state.deletion === null ? state : { ...state, deletion: { ...state.deletion, purgedAtMs: atMs } };
    default:
      return assertNever(event);
  }
}

function deleted(state: LiveAsset, data: EventOf<"AssetDeleted">["data"], atMs: number): LiveAsset {
  const deletion = {
    deletedAtMs: atMs,
    purgeAtMs: data.purgeAtMs,
    statusBefore: state.status,
    reasonBefore: state.reason,
    finishedAtMsBefore: state.finishedAtMs,
    purgedAtMs: null,
  };
  const gone = { ...state, status: "deleted" as const, reason: null, saga: null, deletion, finishedAtMs: atMs };
  return data.contentKept ? gone : withoutResults({ ...gone, content: null });
}

function restored(state: LiveAsset): LiveAsset {
  const { deletion } = state;
  if (deletion === null) return state;
  return {
    ...state,
    status: deletion.statusBefore,
    reason: deletion.reasonBefore,
    finishedAtMs: deletion.finishedAtMsBefore,
    deletion: null,
    // An upload that was under way was told that there is no such asset; its jobs were canceled.
    upload: null,
    openJobs: [],
    steps: state.steps.map((step) =>
      step.status === "pending" || step.status === "running" ? { ...step, status: "pending", jobId: null } : step,
    ),
  };
}
