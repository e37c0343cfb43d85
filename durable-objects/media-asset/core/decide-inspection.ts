/** What the inspection of the stored bytes leads to. Pure. */
import { STANDARD_PIPELINE, standardSteps } from "../../../shared/core/analysis/standard-pipeline.ts";
import { lanesOf } from "../../../shared/core/analysis/dag.ts";
import { ok } from "../../../shared/core/result.ts";
import { closing } from "./closing.ts";
import type { InspectionCommand } from "./commands.ts";
import { type Decision, NOTHING } from "./decision.ts";
import { type EventOf, event, plannedJobs } from "./events.ts";
import type { LiveAsset } from "./state.ts";

export function decideInspection(state: LiveAsset, command: InspectionCommand): Decision {
  if (state.status !== "inspecting") return NOTHING;
  if (command.type === "expire-inspection") {
    const reason = { code: "inspection_timeout", detail: "The content could not be inspected in time." };
    return refused(state, {
      status: "quarantined",
      reason,
      mediaType: null,
      contentType: null,
      metadata: {},
      errors: [],
    });
  }
  const { verdict, reason, mediaType, contentType, metadata, errors, bytesRead, rangeReads } = command.inspection;
  if (verdict !== "accepted" || mediaType === null) {
    return refused(state, {
      status: verdict === "quarantined" ? "quarantined" : "failed",
      reason: reason ?? { code: "unsupported_content", detail: "The content is no media that AIMA knows." },
      mediaType,
      contentType,
      metadata,
      errors,
    });
  }
  const { name: pipeline, steps } = state.pipeline ?? { name: STANDARD_PIPELINE, steps: standardSteps(mediaType) };
  const jobs = plannedJobs(lanesOf(steps.filter(({ dependsOn }) => dependsOn.length === 0)), command.newJobId);
  return ok([
    event("AssetInspected", { mediaType, contentType, metadata, errors, bytesRead, rangeReads }),
    event("AnalysisStarted", { pipeline, steps, jobs }),
  ]);
}

/** The original is kept: people may want to look at what was refused. */
const refused = (state: LiveAsset, data: EventOf<"AssetRefused">["data"]): Decision =>
  ok([event("AssetRefused", data), ...closing(state, { compensating: true })]);
