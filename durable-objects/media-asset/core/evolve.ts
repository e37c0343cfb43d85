import { assertNever } from "../../../shared/core/exhaustive.ts";
import type { AssetEvent } from "./events.ts";
import type { AssetState, LiveAsset } from "./state.ts";

/** What an event does to an asset. Pure; never refuses: a journal replays whatever it holds. */
export function evolve(state: AssetState, event: AssetEvent, atMs: number): AssetState {
  if (event.type === "AssetCreated") {
    return {
      phase: "live",
      ...event.data,
      status: "uploading",
      reason: null,
      uploadNumber: 0,
      upload: null,
      content: null,
      mediaType: null,
      contentType: null,
      metadata: {},
      inspectionErrors: [],
      jobId: null,
      steps: [],
      analysed: 0,
      insightCount: 0,
      artifacts: [],
      createdAtMs: atMs,
      uploadedAtMs: null,
      inspectedAtMs: null,
      finishedAtMs: null,
      updatedAtMs: atMs,
    };
  }
  if (state.phase === "absent") return state;
  return { ...change(state, event, atMs), updatedAtMs: atMs };
}

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
      return { ...state, status: "failed", reason: event.data.reason, finishedAtMs: atMs };
    case "AssetInspected": {
      const { mediaType, contentType, metadata, errors } = event.data;
      return { ...state, mediaType, contentType, metadata, inspectionErrors: errors, inspectedAtMs: atMs };
    }
    case "AssetRefused": {
      const { status, reason, mediaType, contentType, metadata, errors } = event.data;
      return {
        ...state,
        status,
        reason,
        mediaType,
        contentType,
        metadata,
        inspectionErrors: errors,
        inspectedAtMs: atMs,
        finishedAtMs: atMs,
      };
    }
    case "AnalysisStarted":
      return { ...state, status: "analysing", jobId: event.data.jobId, steps: event.data.steps };
    case "AnalysisAdvanced":
      return { ...state, analysed: event.data.fraction };
    case "StepFinished":
      return finishStep(state, event.data);
    case "AnalysisFinished":
      return { ...state, status: event.data.status, reason: event.data.reason, finishedAtMs: atMs };
    case "AssetDeleted":
      return {
        ...state,
        status: "deleted",
        reason: null,
        content: null,
        artifacts: [],
        insightCount: 0,
        finishedAtMs: atMs,
      };
    default:
      return assertNever(event);
  }
}

function finishStep(state: LiveAsset, data: Extract<AssetEvent, { type: "StepFinished" }>["data"]): LiveAsset {
  return {
    ...state,
    steps: state.steps.map((step) =>
      step.id === data.step ? { ...step, status: data.status, reason: data.reason } : step,
    ),
    metadata: { ...data.metadata, ...state.metadata },
    insightCount: state.insightCount + data.insightCount,
    artifacts: [...state.artifacts, ...data.artifacts],
  };
}
