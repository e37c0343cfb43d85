/** Histories of an asset for tests: given these commands, what happened. */
import type { Inspection } from "../../../../shared/contracts/media.ts";
import type { Pipeline } from "../../../../shared/contracts/pipeline.ts";
import type { AssetCommand, FinishStep } from "../commands.ts";
import { decide } from "../decide.ts";
import type { AssetEvent } from "../events.ts";
import { evolve } from "../evolve.ts";
import { type AssetState, initialState, type LiveAsset, type StepState } from "../state.ts";

export const SHA = "a".repeat(64);

export const accepted: Inspection = {
  verdict: "accepted",
  reason: null,
  mediaType: "audio",
  contentType: "audio/wav",
  metadata: { channels: 2 },
  errors: [],
  bytesRead: 100,
  rangeReads: 1,
};

export class History {
  state: AssetState = initialState;
  readonly events: AssetEvent[] = [];
  readonly refusals: string[] = [];
  nowMs = 1_000;

  when(...commands: readonly AssetCommand[]): this {
    for (const command of commands) {
      const decided = decide(this.state, command, this.nowMs);
      if (!decided.ok) this.refusals.push(decided.error.code);
      else
        for (const event of decided.value) {
          this.state = evolve(this.state, event, this.nowMs);
          this.events.push(event);
        }
      this.nowMs += 1;
    }
    return this;
  }

  get asset(): LiveAsset {
    if (this.state.phase === "absent") throw new Error("There is no asset.");
    return this.state;
  }

  /** Types of the events since the one of this number. */
  typesSince(count: number): string[] {
    return this.events.slice(count).map(({ type }) => type);
  }

  step(id: string): StepState {
    const found = this.asset.steps.find((step) => step.id === id);
    if (found === undefined) throw new Error(`There is no step ${id}.`);
    return found;
  }

  /** The steps of each open job. */
  get jobs(): Record<string, readonly string[]> {
    return Object.fromEntries(this.asset.openJobs.map(({ jobId, steps }) => [jobId, steps]));
  }
}

export const uploaded = (pipeline?: Pipeline): AssetCommand[] => [
  {
    type: "create",
    tenant: "ten_test",
    assetId: "ast_1",
    body: { name: "a.wav", ...(pipeline === undefined ? {} : { pipeline }) },
  },
  { type: "begin-upload" },
  { type: "finish-upload", upload: 1, sizeBytes: 5, sha256: SHA },
  { type: "complete", body: {} },
];

export const inspected: AssetCommand = { type: "record-inspection", inspection: accepted, newJobId: "job_1" };

/** The end of a step: `findings` insights, or a code why there are none. */
export const ended = (jobId: string, step: string, outcome: number | string): FinishStep => ({
  type: "finish-step",
  jobId,
  step,
  status: typeof outcome === "number" ? "succeeded" : outcome === "no_engine" ? "skipped" : "failed",
  reason: typeof outcome === "number" ? null : { code: outcome, detail: "because" },
  metadata: null,
  insightCount: typeof outcome === "number" ? outcome : 0,
  insightsSha256: SHA,
  artifacts:
    typeof outcome === "number"
      ? [
          {
            name: `${step}.bin`,
            key: `ten_test/assets/ast_1/jobs/${jobId}/1/${step}.bin`,
            contentType: "application/octet-stream",
            sizeBytes: 1,
            sha256: SHA,
          },
        ]
      : [],
  cached: false,
});

export const over = (jobId: string, newJobId: string, failure: string | null = null): AssetCommand => ({
  type: "finish-job",
  jobId,
  failure: failure === null ? null : { code: failure, detail: "because" },
  newJobId,
});

/** A step of a pipeline; `needs` and the rest as in the contract. */
export const node = (
  id: string,
  needs: readonly string[] = [],
  over: { lane?: string; required?: boolean } = {},
): Pipeline["steps"][number] => ({
  id,
  operation: "probe",
  parameters: {},
  dependsOn: [...needs],
  lane: over.lane ?? "main",
  required: over.required ?? false,
});
