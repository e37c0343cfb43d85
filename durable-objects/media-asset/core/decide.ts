/**
 * The rules of an asset. Pure.
 *
 * M1 A later upload fences off every earlier one: bytes of an older number are refused and change nothing.
 * M2 Only bytes that match what was announced become content.
 * M3 A terminal status changes only by deletion, by restoring what it was before, or by an analysis that is asked for
 *    again; a deleted asset whose purge has begun never comes back.
 * M4 A step ends once for each job that was given it; a repeated or late ending changes nothing.
 * M5 An ingest that has failed is taken back by a saga, fully or to where an operator sees it stuck. One that has
 *    succeeded needs none, unless jobs still run: what lies about is swept, and sweeping is repeated until it is done.
 */
import { pipelineFault } from "../../../shared/core/analysis/dag.ts";
import { ok, refuse } from "../../../shared/core/result.ts";
import type { AssetCommand } from "./commands.ts";
import { decideAnalysis } from "./decide-analysis.ts";
import { decideDeletion } from "./decide-deletion.ts";
import { decideInspection } from "./decide-inspection.ts";
import { decideSaga } from "./decide-saga.ts";
import { decideUpload } from "./decide-upload.ts";
import { absent, type Decision } from "./decision.ts";
import { event } from "./events.ts";
import type { AssetState } from "./state.ts";

export function decide(state: AssetState, command: AssetCommand, nowMs: number): Decision {
  if (state.phase === "absent") return command.type === "create" ? create(command) : absent;
  switch (command.type) {
    case "create":
      // A repeated creation is answered by the idempotency record before it comes here.
      return refuse({ code: "idempotency_conflict", detail: "The asset exists and was created by another request." });
    case "delete":
    case "restore":
    case "purge":
      return decideDeletion(state, command, nowMs);
    case "saga-step-done":
    case "saga-step-failed":
    case "retry-saga":
    case "abandon-saga":
      return decideSaga(state, command, nowMs);
    case "begin-upload":
    case "note-multipart":
    case "finish-upload":
    case "fail-upload":
    case "complete":
    case "expire-upload":
      return state.status === "deleted" ? absent : decideUpload(state, command);
    case "record-inspection":
    case "expire-inspection":
      return state.status === "deleted" ? absent : decideInspection(state, command);
    case "advance":
    case "finish-step":
    case "finish-job":
    case "expire-analysis":
    case "rerun":
      return state.status === "deleted" ? absent : decideAnalysis(state, command, nowMs);
  }
}

function create({ tenant, assetId, body, counted }: Extract<AssetCommand, { type: "create" }>): Decision {
  const fault = body.pipeline === undefined ? null : pipelineFault(body.pipeline.steps);
  if (fault !== null) {
    return refuse({ code: "invalid_request", detail: fault.detail, pointer: `/pipeline/steps/${fault.index}` });
  }
  return ok([
    event("AssetCreated", {
      tenant,
      assetId,
      name: body.name,
      tags: [...new Set(body.tags ?? [])],
      expectedSizeBytes: body.sizeBytes ?? null,
      expectedSha256: body.sha256 ?? null,
      pipeline: body.pipeline ?? null,
      ...(counted === true ? { counted: true as const } : {}),
    }),
  ]);
}
