/**
 * The course of a tenant's deletion. Pure.
 *
 * D1 It goes on from step to step and never back, but for an asset that turns up late: that one is purged like the others.
 * D2 A step that fails is tried again with growing delays; after `MAX_FAILURES` failures in a row the deletion is stuck
 *    until an operator says so.
 * D3 A deleted tenant is looked at twice more, an hour and 25 hours later, for what was under way when it went: uploads
 *    live for 24 hours at most. These looks are tried until they succeed.
 */
import { DeletionStep, type DeletionCounts, type TenantDeletion } from "../../../shared/contracts/tenant-deletion.ts";
import { type Backoff, backoffMs } from "../../../shared/core/backoff.ts";

/** PERSISTED CONTRACT: one row of the tenant's object, as JSON. Times in milliseconds since 1970. */
export type DeletionState = {
  readonly status: TenantDeletion["status"];
  readonly step: DeletionStep | "done";
  /** Where the step goes on; each step has its own form. */
  readonly cursor: string | null;
  readonly attempts: number;
  /** Rounds in a row in which others were waited for and none was done. */
  readonly waits: number;
  readonly reason: string | null;
  /** When there is something to do; null when there is nothing, or nothing but an operator's word helps. */
  readonly dueAtMs: number | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly counts: DeletionCounts;
};

/** What a round of a step came to. */
export type Round =
  | { readonly kind: "done" }
  /** There is more to do, from `cursor` on. */
  | { readonly kind: "more"; readonly cursor: string }
  /** Others have to come to their end first; `progress`: some have. */
  | { readonly kind: "wait"; readonly progress: boolean; readonly for: string };

/** With the delays below 43 minutes, like the sagas of assets: an outage of that length needs no operator. */
export const MAX_FAILURES = 16;
const RETRY: Backoff = { initialIntervalMs: 2_000, backoffCoefficient: 2, maximumIntervalMs: 300_000 };
const WAIT: Backoff = { initialIntervalMs: 500, backoffCoefficient: 1.5, maximumIntervalMs: 15_000 };
/** About half an hour, longer than a job takes to give up what it does: then waiting is a failure. */
const MAX_WAITS = 120;
const LOOKS_AFTER_MS = [3_600_000, 25 * 3_600_000];
/** What a look does again. */
const LOOK: readonly DeletionStep[] = ["find-assets", "purge-assets", "erase-assets", "erase-blobs", "erase-index"];
const REASON_CHARACTERS = 1_000;

const NO_COUNTS: DeletionCounts = {
  assets: 0,
  assetsPurged: 0,
  assetsErased: 0,
  blobsDeleted: 0,
  rowsDeleted: 0,
  usersDeleted: 0,
};

export const begun = (nowMs: number): DeletionState => ({
  status: "running",
  step: "stop-access",
  cursor: null,
  attempts: 0,
  waits: 0,
  reason: null,
  dueAtMs: nowMs,
  startedAtMs: nowMs,
  endedAtMs: null,
  counts: NO_COUNTS,
});

/** Begins the next look when the tenant is gone and its time has come. */
export const lookedAgain = (state: DeletionState, nowMs: number): DeletionState =>
  state.step === "done" ? at(state, "find-assets", nowMs) : state;

export function after(state: DeletionState, round: Round, nowMs: number): DeletionState {
  switch (round.kind) {
    case "more":
      return { ...state, cursor: round.cursor, dueAtMs: nowMs };
    case "wait": {
      const waits = round.progress ? 0 : state.waits + 1;
      if (waits > MAX_WAITS) return failed(state, `Still waiting for ${round.for}`, nowMs, 0);
      return { ...state, cursor: null, waits, dueAtMs: nowMs + backoffMs(WAIT, waits, 0) };
    }
    case "done":
      return state.endedAtMs === null ? nextStep(state, nowMs) : nextOfLook(state, nowMs);
  }
}

/** `jitter` in [0, 1). */
export function failed(state: DeletionState, reason: string, nowMs: number, jitter: number): DeletionState {
  const attempts = state.attempts + 1;
  // The step begins anew: what it has done is not there to be done again.
  const told = { ...state, cursor: null, waits: 0, attempts, reason: reason.slice(0, REASON_CHARACTERS) };
  if (state.status === "running" && attempts >= MAX_FAILURES) return { ...told, status: "stuck", dueAtMs: null };
  return { ...told, dueAtMs: nowMs + backoffMs(RETRY, attempts, jitter) };
}

/** What turned up while it was stuck is there to be purged. */
export function retried(state: DeletionState, nowMs: number): DeletionState {
  if (state.status !== "stuck") return state;
  const step = isAfterPurge(state.step) ? "purge-assets" : state.step;
  return { ...at(state, step, nowMs), status: "running" };
}

/** D1: an asset is there that was not among those found. */
export function turnedUp(state: DeletionState, nowMs: number): DeletionState {
  if (!isAfterPurge(state.step) || state.status === "stuck") return state;
  return at(state, "purge-assets", nowMs);
}

const isAfterPurge = (step: DeletionState["step"]): boolean =>
  step === "done" || DeletionStep.options.indexOf(step) > DeletionStep.options.indexOf("purge-assets");

export const viewOfDeletion = (state: DeletionState): TenantDeletion => ({
  status: state.status,
  // What is looked for after the end is nobody's step.
  step: state.endedAtMs === null ? state.step : "done",
  attempts: state.attempts,
  reason: state.reason,
  retryAt: state.attempts > 0 ? instantOf(state.dueAtMs) : null,
  startedAt: new Date(state.startedAtMs).toISOString(),
  endedAt: instantOf(state.endedAtMs),
  counts: state.counts,
});

const instantOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const at = (state: DeletionState, step: DeletionState["step"], dueAtMs: number | null): DeletionState => ({
  ...state,
  step,
  cursor: null,
  attempts: 0,
  waits: 0,
  reason: null,
  dueAtMs,
});

function nextStep(state: DeletionState, nowMs: number): DeletionState {
  const steps = DeletionStep.options;
  const next = state.step === "done" ? undefined : steps[steps.indexOf(state.step) + 1];
  if (next !== undefined) return at(state, next, nowMs);
  return { ...at(state, "done", nowMs + Number(LOOKS_AFTER_MS[0])), status: "completed", endedAtMs: nowMs };
}

function nextOfLook(state: DeletionState, nowMs: number): DeletionState {
  const next = state.step === "done" ? undefined : LOOK[LOOK.indexOf(state.step) + 1];
  if (next !== undefined) return at(state, next, nowMs);
  const looks = LOOKS_AFTER_MS.map((afterMs) => (state.endedAtMs ?? nowMs) + afterMs);
  return at(state, "done", looks.find((lookAtMs) => lookAtMs > nowMs) ?? null);
}
