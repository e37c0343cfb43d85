/**
 * The rules of an asset. Pure.
 *
 * M1 A later upload fences off every earlier one: bytes of an older number are refused and change nothing.
 * M2 Only bytes that match what was announced become content.
 * M3 A terminal status never changes, except to `deleted`.
 * M4 A step ends once; a repeated or late ending changes nothing.
 */
import type { CreateAsset } from "../../../shared/contracts/asset.ts";
import type { Reason } from "../../../shared/contracts/media.ts";
import { STANDARD_PIPELINE, standardSteps } from "../../../shared/core/analysis/standard-pipeline.ts";
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import type { AssetCommand } from "./commands.ts";
import { type AssetEvent, event } from "./events.ts";
import { type AssetState, isOpen, type LiveAsset, TERMINAL } from "./state.ts";

type Decision = Result<readonly AssetEvent[], Refusal>;

const NOTHING: Decision = ok([]);
const absent: Decision = refuse({ code: "not_found", detail: "There is no such asset." });
const superseded: Decision = refuse({
  code: "upload_superseded",
  detail: "A later upload of this asset has begun, or this one was given up.",
});

export function decide(state: AssetState, command: AssetCommand): Decision {
  if (state.phase === "absent")
    return command.type === "create" ? create(command.tenant, command.assetId, command.body) : absent;
  if (state.status === "deleted") return command.type === "create" ? createdBefore() : absent;
  switch (command.type) {
    case "create":
      return createdBefore();
    case "begin-upload":
    case "note-multipart":
    case "finish-upload":
    case "fail-upload":
    case "complete":
    case "expire-upload":
      return decideUpload(state, command);
    case "record-inspection":
    case "expire-inspection":
      return decideInspection(state, command);
    case "advance":
      return advance(state, command);
    case "finish-step":
      return finishStep(state, command);
    case "finish-job":
      return finishJob(state, command);
    case "delete":
      return ok([event("AssetDeleted", {})]);
  }
}

function create(tenant: string, assetId: string, body: CreateAsset): Decision {
  return ok([
    event("AssetCreated", {
      tenant,
      assetId,
      name: body.name,
      tags: [...new Set(body.tags ?? [])],
      expectedSizeBytes: body.sizeBytes ?? null,
      expectedSha256: body.sha256 ?? null,
    }),
  ]);
}

/** A repeated creation is answered by the idempotency record before it comes here. */
function createdBefore(): Decision {
  return refuse({ code: "idempotency_conflict", detail: "The asset exists and was created by another request." });
}

type UploadCommand = Extract<
  AssetCommand,
  { type: "begin-upload" | "note-multipart" | "finish-upload" | "fail-upload" | "complete" | "expire-upload" }
>;

function decideUpload(state: LiveAsset, command: UploadCommand): Decision {
  if (command.type === "complete") return complete(state, command.body);
  if (state.status !== "uploading") {
    if (command.type === "expire-upload" || command.type === "fail-upload") return NOTHING;
    return refuse({ code: "asset_not_uploading", detail: `The asset is ${state.status}.` });
  }
  if (command.type === "begin-upload") {
    const upload = state.uploadNumber + 1;
    return ok([event("UploadBegun", { upload, key: `${state.tenant}/assets/${state.assetId}/uploads/${upload}` })]);
  }
  if (command.type === "expire-upload") {
    return ok([
      event("UploadExpired", { reason: { code: "upload_expired", detail: "The content did not arrive in time." } }),
    ]);
  }
  if (state.upload?.number !== command.upload) return command.type === "fail-upload" ? NOTHING : superseded;
  switch (command.type) {
    case "note-multipart":
      return ok([event("MultipartNoted", { upload: command.upload, multipartId: command.multipartId })]);
    case "fail-upload":
      return ok([event("UploadFailed", { upload: command.upload })]);
    case "finish-upload":
      return finishUpload(state, state.upload.key, command);
  }
}

function finishUpload(
  state: LiveAsset,
  key: string,
  command: Extract<AssetCommand, { type: "finish-upload" }>,
): Decision {
  const { upload, sizeBytes, sha256 } = command;
  const mismatch = mismatchOf(sizeBytes, sha256, state.expectedSizeBytes, state.expectedSha256);
  return mismatch === null ? ok([event("ContentStored", { upload, key, sizeBytes, sha256 })]) : refuse(mismatch);
}

function mismatchOf(
  sizeBytes: number,
  sha256: string,
  wantedBytes: number | null,
  wantedSha256: string | null,
): Refusal | null {
  if (wantedBytes !== null && wantedBytes !== sizeBytes) {
    return {
      code: "size_mismatch",
      detail: `${sizeBytes} bytes arrived, ${wantedBytes} were announced.`,
      pointer: "/sizeBytes",
    };
  }
  if (wantedSha256 !== null && wantedSha256 !== sha256) {
    return { code: "checksum_mismatch", detail: `The content's SHA-256 is ${sha256}.`, pointer: "/sha256" };
  }
  return null;
}

function complete(state: LiveAsset, body: { sizeBytes?: number | undefined; sha256?: string | undefined }): Decision {
  if (state.content === null) {
    if (state.status !== "uploading")
      return refuse({ code: "asset_not_uploading", detail: `The asset is ${state.status}.` });
    return refuse({ code: "upload_incomplete", detail: "No content has been stored for this asset." });
  }
  const { sizeBytes, sha256 } = state.content;
  const mismatch = mismatchOf(sizeBytes, sha256, body.sizeBytes ?? null, body.sha256 ?? null);
  if (mismatch !== null) return refuse(mismatch);
  return state.status === "uploading" ? ok([event("UploadCompleted", { sizeBytes, sha256 })]) : NOTHING;
}

function decideInspection(
  state: LiveAsset,
  command: Extract<AssetCommand, { type: "record-inspection" | "expire-inspection" }>,
): Decision {
  if (state.status !== "inspecting") return NOTHING;
  if (command.type === "expire-inspection") {
    const reason = { code: "inspection_timeout", detail: "The content could not be inspected in time." };
    return ok([
      event("AssetRefused", {
        status: "quarantined",
        reason,
        mediaType: null,
        contentType: null,
        metadata: {},
        errors: [],
      }),
    ]);
  }
  const { verdict, reason, mediaType, contentType, metadata, errors, bytesRead, rangeReads } = command.inspection;
  if (verdict !== "accepted" || mediaType === null) {
    return ok([
      event("AssetRefused", {
        status: verdict === "quarantined" ? "quarantined" : "failed",
        reason: reason ?? { code: "unsupported_content", detail: "The content is no media that AIMA knows." },
        mediaType,
        contentType,
        metadata,
        errors,
      }),
    ]);
  }
  const steps = standardSteps(mediaType).map(({ id, operation }) => ({
    id,
    operation,
    status: "pending" as const,
    reason: null,
  }));
  return ok([
    event("AssetInspected", { mediaType, contentType, metadata, errors, bytesRead, rangeReads }),
    event("AnalysisStarted", { jobId: command.jobId, pipeline: STANDARD_PIPELINE, steps }),
  ]);
}

/** Progress is told in steps of a twentieth: enough to watch, too little to fill a journal. */
const ADVANCE = 0.05;

function advance(state: LiveAsset, { jobId, fraction }: Extract<AssetCommand, { type: "advance" }>): Decision {
  const news = state.status === "analysing" && state.jobId === jobId && fraction >= state.analysed + ADVANCE;
  return news ? ok([event("AnalysisAdvanced", { fraction: Math.min(fraction, 1) })]) : NOTHING;
}

function finishStep(state: LiveAsset, command: Extract<AssetCommand, { type: "finish-step" }>): Decision {
  const step = state.steps.find(({ id }) => id === command.step);
  if (state.status !== "analysing" || state.jobId !== command.jobId || step === undefined || !isOpen(step))
    return NOTHING;
  const { status, reason, insightCount, insightsSha256, artifacts } = command;
  const known = new Set(Object.keys(state.metadata));
  const metadata = Object.fromEntries(Object.entries(command.metadata ?? {}).filter(([name]) => !known.has(name)));
  return ok([
    event("StepFinished", { step: command.step, status, reason, metadata, insightCount, insightsSha256, artifacts }),
  ]);
}

/** What is missing from an analysis that found something; null when nothing is. */
function partial(state: LiveAsset, failures: number, first: Reason | null): Reason | null {
  if (failures === 0 || first === null) return null;
  const detail = `${failures} of ${state.steps.length} steps failed, the first with ${first.code}: ${first.detail}`;
  return { code: "partial_results", detail: detail.slice(0, 1000) };
}

/**
 * An analysis has succeeded when any step brought a finding; what was skipped or failed says why beside it.
 */
function finishJob(state: LiveAsset, command: Extract<AssetCommand, { type: "finish-job" }>): Decision {
  if (state.status !== "analysing" || state.jobId !== command.jobId || TERMINAL.has(state.status)) return NOTHING;
  const reason = command.failure ?? { code: "not_reported", detail: "The job ended without a word about this step." };
  const open = state.steps.filter(isOpen).map(({ id }) =>
    event("StepFinished", {
      step: id,
      status: "failed",
      reason,
      metadata: {},
      insightCount: 0,
      insightsSha256: "",
      artifacts: [],
    }),
  );
  const failures = state.steps.filter((step) => step.status === "failed" || isOpen(step));
  const firstFailure = failures[0]?.reason ?? (failures.length > 0 ? reason : null);
  if (state.insightCount > 0) {
    return ok([
      ...open,
      event("AnalysisFinished", { status: "analysed", reason: partial(state, failures.length, firstFailure) }),
    ]);
  }
  const why = command.failure ??
    firstFailure ?? { code: "no_findings", detail: "No operation found anything in the content." };
  return ok([...open, event("AnalysisFinished", { status: "failed", reason: why })]);
}
