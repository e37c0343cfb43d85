import { type AssetEvent, event } from "./events.ts";
import { closingSteps, PURGE_STEPS } from "./saga.ts";
import { insightCountOf, type LiveAsset } from "./state.ts";

/**
 * The start of the saga that closes an ingest: what is loose in this state is tied up, or taken back. None for a
 * success with nothing loose.
 */
export function closing(
  state: LiveAsset,
  { compensating, openJobs = false }: { readonly compensating: boolean; readonly openJobs?: boolean },
): readonly AssetEvent[] {
  const upload = state.upload !== null;
  if (!compensating && !openJobs && !upload) return [];
  const findings = compensating && insightCountOf(state) > 0;
  const steps = closingSteps({ openJobs, findings, upload });
  return [event("SagaStarted", { saga: state.sagaCount + 1, kind: "ingest", compensating, steps })];
}

export const purging = (state: LiveAsset): AssetEvent =>
  event("SagaStarted", { saga: state.sagaCount + 1, kind: "purge", compensating: false, steps: PURGE_STEPS });
