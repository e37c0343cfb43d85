/** What an event of an asset makes the object tell others, or wait for. Pure. */
import { STANDARD_PIPELINE, standardSteps } from "../../../shared/core/analysis/standard-pipeline.ts";
import type { Effect } from "../../../shared/core/effect.ts";
import type { AssetEvent } from "./events.ts";
import type { AssetState, LiveAsset } from "./state.ts";

/** An upload that does not arrive within a day is given up (Mux allows 1 h by default and 7 days at most). */
const UPLOAD_TTL_MS = 24 * 3_600_000;
/** Longer than all deliveries of the queue and its dead letters together. */
const INSPECTION_TTL_MS = 15 * 60_000;
const PURGE_LATE_MS = 3_600_000;

export const INSPECT = { target: "queue:inspect", key: "inspect" } as const;
export const INDEX = { target: "queue:index", key: "index" } as const;

export function effects(state: AssetState, event: AssetEvent, atMs: number): readonly Effect[] {
  if (state.phase === "absent") return [];
  return [...own(state, event, atMs), ...publication(state, event)];
}

/** What changes nothing that the index keeps. */
const UNPUBLISHED: ReadonlySet<AssetEvent["type"]> = new Set([
  "UploadBegun",
  "MultipartNoted",
  "UploadFailed",
  "AnalysisAdvanced",
]);

/** Events reach the index by a message that only says that there is news. */
function publication(state: LiveAsset, event: AssetEvent): readonly Effect[] {
  if (UNPUBLISHED.has(event.type)) return [];
  const body = { tenant: state.tenant, assetId: state.assetId };
  return [{ kind: "send", ...INDEX, body, confirmedByReceiver: true }];
}

function own(state: LiveAsset, event: AssetEvent, atMs: number): readonly Effect[] {
  const { tenant, assetId } = state;
  switch (event.type) {
    case "AssetCreated":
    case "UploadBegun":
      return [{ kind: "timer", name: "expire-upload", dueAtMs: atMs + UPLOAD_TTL_MS }];
    case "UploadExpired":
    case "AssetDeleted":
      return [
        { kind: "clear-timer", name: "expire-upload" },
        { kind: "clear-timer", name: "expire-inspection" },
        { kind: "confirm", ...INSPECT },
        { kind: "timer", name: "purge", dueAtMs: atMs },
        // What an upload or an attempt under way still writes goes with the second one.
        { kind: "timer", name: "purge-late", dueAtMs: atMs + PURGE_LATE_MS },
        ...(state.jobId === null ? [] : [cancelJob(tenant, state.jobId)]),
      ];
    case "UploadCompleted":
      return state.content === null
        ? []
        : [
            { kind: "clear-timer", name: "expire-upload" },
            { kind: "timer", name: "expire-inspection", dueAtMs: atMs + INSPECTION_TTL_MS },
            {
              kind: "send",
              ...INSPECT,
              body: { tenant, assetId, key: state.content.key, name: state.name, sizeBytes: state.content.sizeBytes },
              confirmedByReceiver: true,
            },
          ];
    case "AssetInspected":
    case "AssetRefused":
      return [
        { kind: "clear-timer", name: "expire-inspection" },
        { kind: "confirm", ...INSPECT },
      ];
    case "AnalysisStarted":
      return [submitJob(state, event.data.jobId)];
    case "MultipartNoted":
    case "ContentStored":
    case "UploadFailed":
    case "AnalysisAdvanced":
    case "StepFinished":
    case "AnalysisFinished":
      return [];
  }
}

function submitJob(state: LiveAsset, jobId: string): Effect {
  const { tenant, assetId, name, mediaType, contentType, content, metadata } = state;
  return {
    kind: "send",
    target: "object:gpu-job",
    key: `submit:${jobId}`,
    body: {
      command: "submit",
      jobId,
      spec: {
        tenant,
        assetId,
        pipeline: STANDARD_PIPELINE,
        steps: mediaType === null ? [] : standardSteps(mediaType),
        input: { name, mediaType, contentType, ...content, metadata },
      },
    },
    confirmedByReceiver: false,
  };
}

const cancelJob = (tenant: string, jobId: string): Effect => ({
  kind: "send",
  target: "object:gpu-job",
  key: `cancel:${jobId}`,
  body: { command: "cancel", jobId, tenant },
  confirmedByReceiver: false,
});
