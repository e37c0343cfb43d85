/**
 * What an engine is made of. A pass serves several operations that share work (one decode, one parse) on one kind of
 * input. Passes run one after the other, each in a process of its own, and need no network: what they read is a local file,
 * what they make are results and files in their scratch folder, and the agent's main process reports and uploads.
 */
import type { JobLease } from "../shared/contracts/agent.ts";
import type { NewInsight } from "../shared/contracts/insight.ts";
import type { Metadata, Reason } from "../shared/contracts/media.ts";
import type { Operation, Step } from "../shared/contracts/operations.ts";

/** A file that a pass wrote into its scratch folder and that becomes an artifact of the asset. */
export type ProducedFile = { readonly name: string; readonly path: string; readonly contentType: string };

/** An insight as a pass makes it: the artifact is still a local file. */
export type ProducedInsight = Omit<NewInsight, "artifact"> & { readonly file: ProducedFile | null };

export type StepOutcome =
  | {
      readonly status: "succeeded";
      readonly insights: readonly ProducedInsight[];
      /** Fills fields that inspection left open; never replaces one. */
      readonly metadata?: Metadata;
    }
  | { readonly status: "skipped" | "failed"; readonly reason: Reason };

export type PassContext = {
  /** The whole input, on local disk, read only. */
  readonly inputPath: string;
  readonly input: Pick<JobLease["input"], "name" | "mediaType" | "contentType" | "sizeBytes" | "metadata">;
  /** An empty folder of this pass; produced files go here. */
  readonly scratchDir: string;
  /** The state this pass last saved, in this attempt or an earlier one; null at the beginning. JSON. */
  readonly savedState: unknown;
  /** Ends one step. Every step handed to the pass is ended exactly once. */
  result(stepId: string, outcome: StepOutcome): Promise<void>;
  /** `fraction` is 0 to 1 over this pass; `segment` names the segment that begins. */
  progress(fraction: number, segment: number | null): Promise<void>;
  /**
   * Saves the state to continue from, and resolves when it is durable. `nextSegment` is the first segment that the
   * state does not cover. A pass with segments calls this after each of them.
   */
  saveState(state: unknown, nextSegment: number, fraction: number): Promise<void>;
};

export interface Pass {
  readonly name: string;
  readonly operations: readonly Operation[];
  /** Whether the pass can work on such an input at all. */
  accepts(input: PassContext["input"]): boolean;
  /** Throws only on a fault of its own; what is wrong with the input is an outcome. */
  run(steps: readonly Step[], context: PassContext): Promise<void>;
}
