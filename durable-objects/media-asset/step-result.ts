import { createHash } from "node:crypto";
import type { NewInsight } from "../../shared/contracts/insight.ts";
import type { Metadata, Reason } from "../../shared/contracts/media.ts";
import { canonicalJson } from "../../shared/core/canonical-json.ts";
import type { FinishStep } from "./core/commands.ts";

/** How a step of a job ended, and what it found. */
export type StepResult = {
  readonly jobId: string;
  readonly step: string;
  readonly status: "succeeded" | "skipped" | "failed";
  readonly reason: Reason | null;
  readonly metadata: Metadata | null;
  readonly insights: readonly NewInsight[];
};

/** The command that records it: the journal gets the digest of the findings, which are rows of their own. */
export function finishStep({ insights, ...rest }: StepResult, cached: boolean): FinishStep {
  return {
    type: "finish-step",
    ...rest,
    insightCount: insights.length,
    insightsSha256: createHash("sha256").update(canonicalJson(insights)).digest("hex"),
    artifacts: insights.flatMap(({ artifact }) => (artifact === null ? [] : [artifact])),
    cached,
  };
}
