/** What an event of an asset makes the object tell others, or wait for. Pure. */
import type { Effect } from "../../../shared/core/effect.ts";
import type { AssetEvent, PlannedJob } from "./events.ts";
import type { AssetState, LiveAsset } from "./state.ts";

/** An upload that does not arrive within a day is given up (Mux allows 1 h by default and 7 days at most). */
const UPLOAD_TTL_MS = 24 * 3_600_000;
/** Longer than all deliveries of the queue and its dead letters together. */
const INSPECTION_TTL_MS = 15 * 60_000;
/** Longer than all jobs of a step together: one that is never heard of again ends the analysis. */
const ANALYSIS_TTL_MS = 24 * 3_600_000;
/** What an upload or an attempt under way still writes after the first sweep goes with a second. */
const SWEEP_LATE_MS = 3_600_000;

export const INSPECT = { target: "queue:inspect", key: "inspect" } as const;
export const INDEX = { target: "queue:index", key: "index" } as const;
/** What the asset holds of its tenant's quotas; what it is is read when it is told. */
export const HELD = { target: "object:tenant", key: "held" } as const;
/** What the object itself has still to do after a success: keep the results for others, sweep what lies about. */
export const TIDY = { target: "own", key: "tidy" } as const;

export function effects(state: AssetState, event: AssetEvent, atMs: number): readonly Effect[] {
  if (state.phase === "absent") return [];
  return [...own(state, event, atMs), ...publication(state, event), ...account(state, event)];
}

/** What changes nothing that the index keeps. */
const UNPUBLISHED: ReadonlySet<AssetEvent["type"]> = new Set([
  "UploadBegun",
  "MultipartNoted",
  "UploadFailed",
  "JobsPlanned",
  "JobEnded",
  "AnalysisAdvanced",
  "StepReopened",
  "SagaStarted",
  "SagaStepFailed",
  "SagaRetried",
  "SagaAbandoned",
]);

/** Events reach the index by a message that only says that there is news. */
function publication(state: LiveAsset, event: AssetEvent): readonly Effect[] {
  if (UNPUBLISHED.has(event.type)) return [];
  if (event.type === "SagaStepDone" && event.data.step !== "drop-findings") return [];
  return [tellIndex(state)];
}

/** With these events an asset takes more or less of its tenant's quotas. */
const COUNTED: ReadonlySet<AssetEvent["type"]> = new Set([
  "AssetCreated",
  "UploadCompleted",
  "UploadExpired",
  "AssetDeleted",
  "AssetRestored",
]);

/** In the transaction of the event: whatever becomes of the request that caused it, the tenant hears of it. */
function account(state: LiveAsset, event: AssetEvent): readonly Effect[] {
  if (state.counted !== true || !COUNTED.has(event.type)) return [];
  return [{ kind: "send", ...HELD, body: {}, confirmedByReceiver: false }];
}

export const tellIndex = ({ tenant, assetId }: LiveAsset): Effect & { kind: "send" } => ({
  kind: "send",
  ...INDEX,
  body: { tenant, assetId },
  confirmedByReceiver: true,
});

const tidy = ({ content }: LiveAsset): readonly Effect[] =>
  content === null ? [] : [{ kind: "send", ...TIDY, body: { sha256: content.sha256 }, confirmedByReceiver: false }];

const clear = (name: string): Effect => ({ kind: "clear-timer", name });

function own(state: LiveAsset, event: AssetEvent, atMs: number): readonly Effect[] {
  const timer = (name: string, afterMs: number): Effect => ({ kind: "timer", name, dueAtMs: atMs + afterMs });
  switch (event.type) {
    case "AssetCreated":
    case "UploadBegun":
      return [timer("expire-upload", UPLOAD_TTL_MS)];
    case "UploadCompleted":
      return [clear("expire-upload"), ...inspect(state, atMs)];
    case "AssetInspected":
    case "AssetRefused":
      return [clear("expire-inspection"), { kind: "confirm", ...INSPECT }];
    case "AnalysisStarted":
    case "JobsPlanned":
      return [timer("expire-analysis", ANALYSIS_TTL_MS), ...event.data.jobs.map((job) => submitJob(state, job))];
    case "AnalysisFinished": {
      const { status, openJobs } = event.data;
      return [
        clear("expire-analysis"),
        // Behind a submission that is still on its way; the saga asks again whether they are gone.
        ...openJobs.map((jobId) => cancelJob(state.tenant, jobId)),
        ...(status === "analysed" ? tidy(state) : []),
      ];
    }
    case "AssetDeleted":
      return [
        ...["expire-upload", "expire-inspection", "expire-analysis", "saga"].map(clear),
        { kind: "confirm", ...INSPECT },
        ...state.openJobs.map(({ jobId }) => cancelJob(state.tenant, jobId)),
        ...(event.data.purgeAtMs === null
          ? []
          : [{ kind: "timer", name: "purge", dueAtMs: event.data.purgeAtMs } as const]),
      ];
    case "AssetRestored":
      return [clear("purge"), ...resumed(state, atMs)];
    case "SagaStarted":
      return [
        timer("saga", 0),
        ...(event.data.compensating || event.data.kind === "purge" ? [timer("sweep-late", SWEEP_LATE_MS)] : []),
      ];
    case "SagaStepFailed":
      return event.data.retryAtMs === null ? [] : [{ kind: "timer", name: "saga", dueAtMs: event.data.retryAtMs }];
    case "SagaRetried":
      return [timer("saga", 0)];
    case "UploadExpired":
      return [clear("expire-upload")];
    case "AnalysisRestarted":
      return [clear("saga")];
    case "MultipartNoted":
    case "ContentStored":
    case "UploadFailed":
    case "JobEnded":
    case "AnalysisAdvanced":
    case "StepFinished":
    case "StepReopened":
    case "SagaStepDone":
    case "SagaAbandoned":
    case "AssetPurged":
      return [];
  }
}

function inspect(state: LiveAsset, atMs: number): readonly Effect[] {
  const { tenant, assetId, name, content } = state;
  if (content === null) return [];
  return [
    { kind: "timer", name: "expire-inspection", dueAtMs: atMs + INSPECTION_TTL_MS },
    {
      kind: "send",
      ...INSPECT,
      body: { tenant, assetId, key: content.key, name, sizeBytes: content.sizeBytes },
      confirmedByReceiver: true,
    },
  ];
}

/** What an asset waits for that has come back; its jobs are planned by an event of their own. */
function resumed(state: LiveAsset, atMs: number): readonly Effect[] {
  if (state.status === "uploading") return [{ kind: "timer", name: "expire-upload", dueAtMs: atMs + UPLOAD_TTL_MS }];
  if (state.status === "inspecting") return inspect(state, atMs);
  return state.status === "analysed" ? tidy(state) : [];
}

function submitJob(state: LiveAsset, job: PlannedJob): Effect {
  const { tenant, assetId, name, mediaType, contentType, content, metadata, pipelineName } = state;
  return {
    kind: "send",
    target: "object:gpu-job",
    key: `submit:${job.jobId}`,
    body: {
      command: "submit",
      jobId: job.jobId,
      spec: {
        tenant,
        assetId,
        pipeline: pipelineName,
        steps: state.steps
          .filter(({ id }) => job.steps.includes(id))
          .map(({ id, operation, parameters }) => ({ id, operation, parameters })),
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
