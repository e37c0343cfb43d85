import type { AssetSaga, AssetSummary, AssetView, SagaView } from "../../../shared/contracts/asset.ts";
import type { SagaState } from "./saga.ts";
import { artifactsOf, insightCountOf, isOpen, type LiveAsset } from "./state.ts";

const instant = (ms: number): string => new Date(ms).toISOString();
const maybe = (ms: number | null): string | null => (ms === null ? null : instant(ms));

/** The asset as the API shows it. `seq` is the number of its newest event. */
export function viewOf(state: LiveAsset, seq: number): AssetView {
  const ended = state.steps.filter((step) => !isOpen(step)).length;
  const finished = state.finishedAtMs !== null;
  return {
    id: state.assetId,
    name: state.name,
    status: state.status,
    reason: state.reason,
    mediaType: state.mediaType,
    contentType: state.contentType,
    sizeBytes: state.content?.sizeBytes ?? null,
    sha256: state.content?.sha256 ?? null,
    tags: [...state.tags],
    metadata: state.metadata,
    inspectionErrors: [...state.inspectionErrors],
    steps: state.steps.map(({ id, operation, status, reason, dependsOn, jobId, attempts, cached }) => ({
      id,
      operation,
      status,
      reason,
      dependsOn: [...dependsOn],
      jobId,
      attempts,
      cached,
    })),
    jobId: state.jobId,
    progress: finished ? 1 : Math.max(state.analysed, state.steps.length === 0 ? 0 : ended / state.steps.length),
    insightCount: insightCountOf(state),
    artifacts: artifactsOf(state).map(({ name, contentType, sizeBytes }) => ({ name, contentType, sizeBytes })),
    seq,
    createdAt: instant(state.createdAtMs),
    uploadedAt: maybe(state.uploadedAtMs),
    inspectedAt: maybe(state.inspectedAtMs),
    finishedAt: maybe(state.finishedAtMs),
    updatedAt: instant(state.updatedAtMs),
  };
}

/** What the index keeps of it. */
export function summaryOf(state: LiveAsset, seq: number): AssetSummary {
  const { id, name, status, reason, mediaType, contentType, sizeBytes, sha256, tags, metadata, insightCount, ...rest } =
    viewOf(state, seq);
  const { createdAt, finishedAt, updatedAt } = rest;
  return {
    id,
    name,
    status,
    reason,
    mediaType,
    contentType,
    sizeBytes,
    sha256,
    tags,
    metadata,
    insightCount,
    seq,
    createdAt,
    finishedAt,
    updatedAt,
  };
}

/** What an operator sees, of a deleted asset too. */
export function assetSagaOf(state: LiveAsset): AssetSaga {
  const { assetId, status, saga, deletion } = state;
  const restorable = deletion !== null && saga === null ? deletion.purgeAtMs : null;
  return { assetId, status, saga: saga === null ? null : sagaOf(saga), restorableUntil: maybe(restorable) };
}

const sagaOf = (saga: SagaState): SagaView => ({
  kind: saga.kind,
  status: saga.status,
  steps: saga.steps.map((name, index) => ({ name, status: index < saga.done ? "done" : "pending" })),
  attempts: saga.attempts,
  reason: saga.reason,
  retryAt: maybe(saga.retryAtMs),
  startedAt: instant(saga.startedAtMs),
  endedAt: maybe(saga.endedAtMs),
});
