/**
 * The built-in pipeline `standard`: which operations an asset of a media type goes through. Those that need a model
 * come last and end `skipped`, with the reason, where no engine serves them.
 *
 * No step depends on another: each pass of an engine reads the file itself, so that all share one job.
 */
import type { MediaType } from "../../contracts/media.ts";
import type { Operation } from "../../contracts/operations.ts";
import type { PipelineStep } from "../../contracts/pipeline.ts";

export const STANDARD_PIPELINE = "standard@1";

const STANDARD: Record<MediaType, readonly Operation[]> = {
  image: [
    "probe",
    "thumbnail",
    "colours",
    "quality",
    "fingerprint",
    "ocr",
    "embed",
    "caption",
    "detect-objects",
    "moderate",
  ],
  video: [
    "probe",
    "thumbnail",
    "shots",
    "keyframes",
    "storyboard",
    "black-frames",
    "loudness",
    "silence",
    "waveform",
    "embed",
    "transcribe",
    "caption",
  ],
  audio: ["probe", "loudness", "silence", "waveform", "embed", "transcribe"],
  document: ["probe", "document-text", "language", "keywords", "page-count", "embed", "summarise"],
};

/** The steps of a new analysis, in the order they are shown. A step's id is its operation: each occurs once. */
export function standardSteps(mediaType: MediaType): PipelineStep[] {
  return STANDARD[mediaType].map((operation) => ({
    id: operation,
    operation,
    parameters: {},
    dependsOn: [],
    lane: "main",
    required: false,
  }));
}
