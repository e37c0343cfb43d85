/** Operations that no engine serves without a model, and what would serve them. */
import type { Reason } from "../../shared/contracts/media.ts";
import type { Operation } from "../../shared/contracts/operations.ts";

const MODEL_KIND: Partial<Record<Operation, string>> = {
  caption: "a vision-language model",
  "detect-objects": "an object detection model",
  moderate: "a content moderation model",
  transcribe: "a speech recognition model",
  summarise: "a language model",
};

/** Why a step is skipped that no engine of this agent serves. */
export function noEngineReason(operation: Operation): Reason {
  const model = MODEL_KIND[operation];
  return {
    code: "no_engine",
    detail:
      model === undefined
        ? `${operation} is not served by any engine of this agent.`
        : `${operation} needs ${model}; connect an engine that serves it.`,
  };
}

/** Why a step is skipped whose operation is served, but not for such a file. */
export function notApplicableReason(operation: Operation, contentType: string): Reason {
  return { code: "not_applicable", detail: `${operation} is not available for ${contentType}.` };
}
