/**
 * The sagas of an asset: the orderly end of its way in (`ingest`) and its way out (`purge`). The steps forward of an
 * ingest (upload, inspection, analysis) are the asset's own states; what is here closes them, or takes back in reverse
 * order what they left half-made.
 *
 * Every step can be repeated, after a crash in its middle too. One that goes on failing makes the saga `stuck`, which
 * an operator ends by `retry` or `abandon`.
 */
import type { SagaStatus } from "../../../shared/contracts/asset.ts";
import type { Reason } from "../../../shared/contracts/media.ts";

export type SagaKind = "ingest" | "purge";

export type SagaStep =
  /** No job works on the asset any more. */
  | "cancel-jobs"
  /** A multipart upload that nobody finishes is given up. */
  | "abort-multipart"
  /** The findings of an analysis that did not come to its end. */
  | "drop-findings"
  /** Objects in the bucket that nothing refers to: superseded uploads, checkpoints, results of lost attempts. */
  | "sweep-blobs"
  /** All objects of the asset. */
  | "delete-blobs"
  /** What the step cache keeps of the asset's bytes. */
  | "delete-cache"
  | "delete-insights"
  /** Rows and vectors: the index is told, and asked until it has acted. */
  | "delete-index";

/** What there is to close when an ingest ends. */
export type Loose = {
  readonly openJobs: boolean;
  /** Findings of an analysis that came to nothing. */
  readonly findings: boolean;
  readonly upload: boolean;
};

/** The latest step forward is taken back first: the analysis, what it found, then what the upload left. */
export const closingSteps = (loose: Loose): readonly SagaStep[] => [
  ...(loose.openJobs ? (["cancel-jobs"] as const) : []),
  ...(loose.findings ? (["drop-findings"] as const) : []),
  ...(loose.upload ? (["abort-multipart"] as const) : []),
  "sweep-blobs",
];

/** Against the way in: nothing may find the asset, or work on it, while its parts go. */
export const PURGE_STEPS: readonly SagaStep[] = [
  "cancel-jobs",
  "abort-multipart",
  "delete-index",
  "delete-insights",
  "delete-cache",
  "delete-blobs",
];

export type SagaState = {
  /** Counts the sagas of an asset: the outcome of a step of an earlier one is not heard. */
  readonly number: number;
  readonly kind: SagaKind;
  readonly status: SagaStatus;
  /** Whether it takes back: a failed ingest does, and so ends `compensated`. */
  readonly compensating: boolean;
  readonly steps: readonly SagaStep[];
  /** How many of the steps are done. */
  readonly done: number;
  /** Failures of the step under way. */
  readonly attempts: number;
  readonly reason: Reason | null;
  readonly retryAtMs: number | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
};

/**
 * A step that fails this often is not mended by trying: someone has to look. With the waits below that is 43 minutes,
 * so that an outage of the bucket does not leave an operator with every asset of that time.
 */
export const MAX_STEP_FAILURES = 16;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 300_000;

/** The wait after failure number `attempt` (1 is the first); null when there is no further try. */
export const sagaRetryMs = (attempt: number): number | null =>
  attempt >= MAX_STEP_FAILURES ? null : Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LONGEST_RETRY_MS);

export const isWorking = (saga: SagaState | null): boolean =>
  saga !== null && (saga.status === "running" || saga.status === "compensating");

/** The step to do now; null when there is none. */
export const currentStep = (saga: SagaState | null): SagaStep | null =>
  saga !== null && isWorking(saga) ? (saga.steps[saga.done] ?? null) : null;
