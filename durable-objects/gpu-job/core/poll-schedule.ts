/**
 * When to ask a provider for the status of a run. Pure.
 *
 * PS1 The first question comes at the expected end: none is spent on a run that cannot have ended.
 * PS2 Later ones come at growing distances, and never further apart than 0.4 of the provider's retention: a result is
 *     fetched before half of its life is over, also when one question fails. Webhooks only make it sooner.
 * PS3 A submission without an answer is looked for after a minute, longer than creates take, or after 0.3 of the
 *     retention where that is sooner; spread by a quarter, so that crashes at a steady beat do not meet it each time.
 */
import type { Placement } from "./state.ts";

const MINIMUM_GAP_MS = 10_000;
/** Each distance is this part of the time the run has taken so far. */
const GAP_FRACTION = 0.25;
const RETENTION_FRACTION = 0.4;
const LONGEST_SETTLING_MS = 60_000;
const SETTLING_FRACTION = 0.3;

type ProviderPlacement = Extract<Placement, { kind: "provider" }>;

export function nextPollAtMs(placement: ProviderPlacement, placedAtMs: number, nowMs: number): number {
  const longest = Math.max(MINIMUM_GAP_MS, placement.retentionMs * RETENTION_FRACTION);
  const first = placedAtMs + Math.max(placement.expectedRunMs, MINIMUM_GAP_MS);
  if (nowMs < first) return Math.min(first, nowMs + longest);
  const gap = Math.max(MINIMUM_GAP_MS, (nowMs - placedAtMs) * GAP_FRACTION);
  return nowMs + Math.min(gap, longest);
}

/** `jitter` in [0, 1). */
export function submissionSettlesMs({ retentionMs }: ProviderPlacement, jitter: number): number {
  return Math.round(Math.min(LONGEST_SETTLING_MS, retentionMs * SETTLING_FRACTION) * (0.75 + 0.5 * jitter));
}
