/** The way of the bytes: upload, fencing, what was announced. Pure. */
import { ok, refuse } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import type { UploadCommand } from "./commands.ts";
import { type Decision, NOTHING } from "./decision.ts";
import { event } from "./events.ts";
import { closing } from "./closing.ts";
import type { LiveAsset } from "./state.ts";

const superseded: Decision = refuse({
  code: "upload_superseded",
  detail: "A later upload of this asset has begun, or this one was given up.",
});

export function decideUpload(state: LiveAsset, command: UploadCommand): Decision {
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
    const reason = { code: "upload_expired", detail: "The content did not arrive in time." };
    return ok([event("UploadExpired", { reason }), ...closing(state, { compensating: true })]);
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
  command: Extract<UploadCommand, { type: "finish-upload" }>,
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
