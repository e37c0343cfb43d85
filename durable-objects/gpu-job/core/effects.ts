/** What an event of a job makes the object tell others, or wait for. Pure. */
import type { Effect } from "../../../shared/core/effect.ts";
import type { JobEvent } from "./events.ts";
import type { JobState, LiveJob } from "./state.ts";

/** Heartbeats come every 10 s; three missed end the lease. */
export const HEARTBEAT_SECONDS = 10;
export const LEASE_SECONDS = 30;
/** The whole job, waiting included. */
export const JOB_TTL_MS = 6 * 3_600_000;

export const PLACE = { target: "queue:place", key: "place" } as const;

export function effects(state: JobState, event: JobEvent, atMs: number): readonly Effect[] {
  if (state.phase === "absent") return [];
  switch (event.type) {
    case "JobSubmitted":
      return [{ kind: "timer", name: "expire", dueAtMs: atMs + JOB_TTL_MS }, place(state)];
    case "AttemptStarted":
      return [
        { kind: "confirm", ...PLACE },
        { kind: "timer", name: "lease", dueAtMs: atMs + LEASE_SECONDS * 1000 },
      ];
    case "AttemptEnded": {
      const { retryInMs } = event.data;
      const again: Effect[] =
        retryInMs === null
          ? []
          : retryInMs === 0
            ? [place(state)]
            : [{ kind: "timer", name: "requeue", dueAtMs: atMs + retryInMs }];
      return [{ kind: "clear-timer", name: "lease" }, ...again];
    }
    case "JobSucceeded":
    case "JobFailed":
    case "JobCanceled":
    case "JobExpired":
      return [
        { kind: "clear-timer", name: "lease" },
        { kind: "clear-timer", name: "requeue" },
        { kind: "clear-timer", name: "expire" },
        { kind: "confirm", ...PLACE },
        tellAsset(state, event),
      ];
    case "CheckpointCommitted":
      return [tellProgress(state)];
    case "AttemptRunning":
    case "SegmentStarted":
    case "StepReported":
      return [];
  }
}

export const place = (state: LiveJob): Effect => ({
  kind: "send",
  ...PLACE,
  body: { tenant: state.spec.tenant, jobId: state.jobId },
  confirmedByReceiver: true,
});

/** One row: a newer one takes the place of one that is still waiting. */
const tellProgress = (state: LiveJob): Effect => ({
  kind: "send",
  target: "object:media-asset",
  key: "progress",
  body: {
    type: "progress",
    tenant: state.spec.tenant,
    assetId: state.spec.assetId,
    jobId: state.jobId,
    fraction: state.fraction,
  },
  confirmedByReceiver: false,
});

function tellAsset(
  state: LiveJob,
  event: Extract<JobEvent, { type: "JobSucceeded" | "JobFailed" | "JobCanceled" | "JobExpired" }>,
): Effect {
  const failure =
    event.type === "JobFailed" || event.type === "JobExpired"
      ? event.data.reason
      : event.type === "JobCanceled"
        ? { code: "canceled", detail: "The job was canceled." }
        : null;
  return {
    kind: "send",
    target: "object:media-asset",
    key: "end",
    body: { type: "job-end", tenant: state.spec.tenant, assetId: state.spec.assetId, jobId: state.jobId, failure },
    confirmedByReceiver: false,
  };
}
