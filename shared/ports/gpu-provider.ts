/**
 * Where a job runs when no agent leases it: a provider that takes whole jobs and works on them by itself.
 *
 * PR1 `label` names one attempt of one job, forever. A provider that can look runs up by label answers `find`; one that
 *     has an idempotency key of its own uses the label as that key and answers `find` with null.
 * PR2 Everything else addresses a run by the coordinates that `submit` or `find` gave, never by today's settings.
 * PR3 A failure whose cause is known is thrown as `ProviderFailure`. Any other error means that the outcome is not
 *     known: the call may have taken effect.
 */
import type { FailureCause, StepOutcome } from "../contracts/agent.ts";
import type { Step } from "../contracts/operations.ts";

export type RunCoordinates = {
  readonly provider: string;
  readonly account: string;
  readonly endpoint: string;
  readonly externalId: string;
};

export type RunRequest = {
  readonly label: string;
  readonly account: string;
  readonly endpoint: string;
  readonly steps: readonly Step[];
  readonly input: { readonly key: string; readonly sizeBytes: number; readonly sha256: string };
  readonly checkpointKey: string | null;
  /** Time from submission after which the provider may give the run up. */
  readonly ttlMs: number;
};

export type RunStatus =
  | { readonly status: "queued" }
  | { readonly status: "running" }
  | { readonly status: "succeeded"; readonly outcomes: readonly StepOutcome[] }
  | { readonly status: "failed"; readonly cause: FailureCause; readonly detail: string }
  /** The provider does not know the run: its retention is over, or it never was. */
  | { readonly status: "unknown" };

export interface GpuProvider {
  /** The run of that label; null when there is none, or the provider cannot look runs up. */
  find(label: string): Promise<RunCoordinates | null>;
  submit(request: RunRequest): Promise<RunCoordinates>;
  status(run: RunCoordinates): Promise<RunStatus>;
  /** Idempotent; a run that has ended, or is not known, needs no canceling. */
  cancel(run: RunCoordinates): Promise<void>;
}

export class ProviderFailure extends Error {
  override readonly name = "ProviderFailure";
  readonly failureCause: FailureCause;

  constructor(failureCause: FailureCause, detail: string) {
    super(detail);
    this.failureCause = failureCause;
  }
}
