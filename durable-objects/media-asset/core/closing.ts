import { type AssetEvent, event } from "./events.ts";
import { closingSteps, PURGE_STEPS } from "./saga.ts";
import { insightCountOf, type LiveAsset } from "./state.ts";

/** The start of the saga that closes an ingest: what is loose in this state is tied up, or taken back. */
export function closing(
  state: LiveAsset,
  { compensating, openJobs = false }: { readonly compensating: boolean; readonly openJobs?: boolean },
): AssetEvent {
  const findings = compensating && insightCountOf(state) > 0;
  const steps = closingSteps({ openJobs, findings, upload: state.upload !== null });
  return event("SagaStarted", { saga: state.sagaCount + 1, kind: "ingest", compensating, steps });
}

export const purging = (state: LiveAsset): AssetEvent =>
  event("SagaStarted", { saga: state.sagaCount + 1, kind: "purge", compensating: false, steps: PURGE_STEPS });
