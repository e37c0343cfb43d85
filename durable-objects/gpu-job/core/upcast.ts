/** Reads the events of every release; each older version is brought one step further until it is the newest. Pure. */
import type { StoredEvent } from "../../../shared/core/decider.ts";
import { type JobEvent, versionOf } from "./events.ts";
import { JobSpec } from "./spec.ts";

const TYPES: ReadonlySet<string> = new Set<JobEvent["type"]>([
  "JobSubmitted",
  "JobConfirmed",
  "PriorityChanged",
  "AttemptStarted",
  "AttemptPlaced",
  "AttemptRunning",
  "SegmentStarted",
  "CheckpointCommitted",
  "CheckpointsDropped",
  "StepReported",
  "AttemptEnded",
  "PauseRequested",
  "JobPaused",
  "JobResumed",
  "CancelRequested",
  "JobSucceeded",
  "JobFailed",
  "JobCanceled",
  "JobExpired",
]);

const isKnown = (type: string): type is JobEvent["type"] => TYPES.has(type);

export function upcast(stored: StoredEvent): JobEvent {
  const { type, version, data } = stored;
  if (!isKnown(type) || version > versionOf(type)) throw new Error(`Unknown event ${type} of version ${version}`);
  if (type === "JobSubmitted") {
    // Members that a release has added have their defaults in the schema: one reading serves every version.
    return { type, version: 2, data: { jobId: String(data["jobId"]), spec: JobSpec.parse(data["spec"]) } };
  }
  if (type === "AttemptStarted" && version === 1) {
    const agentId = String(data["agentId"]);
    return {
      type,
      version: 2,
      data: { attempt: Number(data["attempt"]), placement: { kind: "agent", agentId }, engine: null },
    };
  }
  if (type === "CheckpointCommitted" && version === 1) {
    const { attempt, blob, nextSegment, fraction } = data;
    const upgraded = { type, version: 2, data: { attempt, engine: null, blob, nextSegment, fraction } };
    // SAFETY: written as version 1 of this event, which had all but the engine.
    return upgraded as unknown as JobEvent;
  }
  // SAFETY: type and version say that it was written as this event.
  return stored as unknown as JobEvent;
}
