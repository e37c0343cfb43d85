/** What a job asks of the provider that runs one of its attempts. */
import { z } from "zod";
import { type GpuProvider, ProviderFailure, type RunCoordinates } from "../../shared/ports/gpu-provider.ts";
import type { FailureCause } from "../../shared/contracts/agent.ts";
import { labelOf } from "./core/effects.ts";
import type { Attempt, LiveJob, Placement } from "./core/state.ts";

/** PERSISTED CONTRACT: rows wait in the outbox across a deploy. */
export const ProviderCommand = z.strictObject({ command: z.enum(["submit", "cancel"]), attempt: z.int().min(1) });

export type ProviderPlacement = Extract<Placement, { kind: "provider" }>;

type Submission =
  | { readonly kind: "placed"; readonly externalId: string }
  | { readonly kind: "refused"; readonly cause: FailureCause; readonly detail: string };

/**
 * Makes sure that the attempt has exactly one run. It looks for one first: a submission whose answer was lost has
 * happened. Throws when the outcome is not known; calling again is safe.
 */
export async function submitRun(
  provider: GpuProvider,
  job: LiveJob,
  attempt: Attempt,
  placement: ProviderPlacement,
): Promise<Submission> {
  const label = labelOf(job, attempt);
  const { steps, input, limits } = job.spec;
  try {
    const run =
      (await provider.find(label)) ??
      (await provider.submit({
        label,
        account: placement.account,
        endpoint: placement.endpoint,
        steps: steps.filter(({ id }) => !job.finishedSteps.includes(id)),
        input: { key: input.key, sizeBytes: input.sizeBytes, sha256: input.sha256 },
        checkpointKey: job.checkpoints[0]?.blob.key ?? null,
        // What the provider may take counts from submission: its queue, the run, and a quarter more.
        ttlMs: Math.round((limits.startMs + limits.runMs) * 1.25),
      }));
    return { kind: "placed", externalId: run.externalId };
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    return { kind: "refused", cause: error.failureCause, detail: error.message };
  }
}

/** Ends the run of an attempt, whether or not its name was ever learnt. Throws when the provider does not answer. */
export async function cancelRun(
  provider: GpuProvider,
  job: LiveJob,
  attempt: Attempt,
  placement: ProviderPlacement,
): Promise<void> {
  const run = coordinatesOf(placement) ?? (await provider.find(labelOf(job, attempt)));
  if (run !== null) await provider.cancel(run);
}

/** Null until the provider has named the run. */
export function coordinatesOf(placement: ProviderPlacement): RunCoordinates | null {
  const { provider, account, endpoint, externalId } = placement;
  return externalId === null ? null : { provider, account, endpoint, externalId };
}
