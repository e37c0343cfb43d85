/**
 * Journals of every release, read as today's events. Pure.
 *
 * U1 An event that a release has written is never refused; its data is filled up, never guessed: what it did not know
 *    is null or empty.
 * U2 An event that no release has written throws: the object must not wake with half of its history.
 */
import type { StoredEvent } from "../../../shared/core/decider.ts";
import type { AssetEvent, EventOf } from "./events.ts";
import { EVENT_VERSIONS } from "./event-versions.ts";

/** Release 0.1.0: one job had all steps, named in the event with their (pending) status. */
type AnalysisStarted1 = {
  readonly jobId: string;
  readonly pipeline: string;
  readonly steps: readonly Pick<EventOf<"AnalysisStarted">["data"]["steps"][number], "id" | "operation">[];
};

type Upcast = (data: StoredEvent["data"]) => Record<string, unknown>;

const FROM_1: Partial<Record<AssetEvent["type"], Upcast>> = {
  AssetCreated: (data) => ({ ...data, pipeline: null }),
  AnalysisStarted: (data) => {
    // SAFETY: written by release 0.1.0.
    const { jobId, pipeline, steps } = data as AnalysisStarted1;
    return {
      pipeline,
      steps: steps.map(({ id, operation }) => ({
        id,
        operation,
        parameters: {},
        dependsOn: [],
        lane: "main",
        required: false,
      })),
      jobs: [{ jobId, steps: steps.map(({ id }) => id) }],
    };
  },
  StepFinished: (data) => ({ ...data, cached: false }),
  AnalysisFinished: (data) => ({ ...data, openJobs: [] }),
  // There was no retention: content and findings went at once.
  AssetDeleted: () => ({ purgeAtMs: null, contentKept: false }),
};

export function upcast(stored: StoredEvent): AssetEvent {
  const { type, version, data } = stored;
  const newest = (EVENT_VERSIONS as Readonly<Record<string, number>>)[type];
  if (newest === undefined || version < 1 || version > newest)
    throw new Error(`No release has written ${type} version ${version}`);
  if (version === newest) return stored as unknown as AssetEvent; // SAFETY: written by `event`.
  const change = FROM_1[type as AssetEvent["type"]];
  if (change === undefined) throw new Error(`${type} version ${version} has no upcast`);
  // SAFETY: what the table above makes is the newest shape.
  return { type, version: newest, data: change(data) } as unknown as AssetEvent;
}
