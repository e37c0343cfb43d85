/**
 * How long an attempt may be silent, take to begin, and run. One timer serves all: it fires at the earliest and is set
 * again when that one has moved, so that a report that renews a lease writes no timer. Pure.
 */
import type { FailureCause, Report } from "../../../shared/contracts/agent.ts";
import { currentAttempt, type LiveJob } from "./state.ts";

/** Heartbeats come every 10 s; three missed end the lease. */
export const HEARTBEAT_SECONDS = 10;
export const LEASE_SECONDS = 30;
/** A report that is missing while later ones are held has not come by then: it will not. */
export const GAP_MS = 120_000;

/** What was heard of the attempt, and when; no event tells it. */
export type Heard = {
  readonly attempt: number;
  /** Highest report number applied; 0 at the beginning. */
  readonly applied: number;
  /** Numbers of the reports that wait for a gap to close. */
  readonly held: readonly number[];
  /** Those of them that are kept here, as they are small and few; the others have a table. */
  readonly heldReports: readonly Report[];
  readonly lastHeardAtMs: number;
  /** Since when a report is missing; null when none is. */
  readonly gapSinceMs: number | null;
};

export type AttemptDeadline = { readonly atMs: number; readonly cause: FailureCause; readonly detail: string };

/** The earliest deadline of the attempt under way; null when there is none. */
export function attemptDeadline(job: LiveJob, heard: Heard | null): AttemptDeadline | null {
  const attempt = currentAttempt(job);
  if (attempt === null) return null;
  const { startMs, runMs } = job.spec.limits;
  const own = heard?.attempt === attempt.number ? heard : null;
  const deadlines: AttemptDeadline[] = [
    { atMs: attempt.startedAtMs + runMs, cause: "deadline", detail: "The attempt ran longer than it may." },
  ];
  const begun = attempt.placement.kind === "agent" ? job.status !== "provisioning" : attempt.placedAtMs !== null;
  if (!begun) {
    const detail = "The attempt did not begin in time.";
    deadlines.push({ atMs: attempt.startedAtMs + startMs, cause: "start_timeout", detail });
  }
  if (attempt.placement.kind === "agent") {
    const lastHeardAtMs = Math.max(attempt.startedAtMs, own?.lastHeardAtMs ?? 0);
    const detail = "The agent fell silent.";
    deadlines.push({ atMs: lastHeardAtMs + LEASE_SECONDS * 1000, cause: "lost_heartbeat", detail });
  }
  if (own?.gapSinceMs != null) {
    const detail = `Report ${own.applied + 1} never came.`;
    deadlines.push({ atMs: own.gapSinceMs + GAP_MS, cause: "transient", detail });
  }
  return deadlines.reduce((a, b) => (b.atMs < a.atMs ? b : a));
}
