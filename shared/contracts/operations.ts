import { z } from "zod";

/** Every operation a step can name. The second group needs a model that an engine has to bring. */
export const OPERATIONS = [
  "probe",
  "thumbnail",
  "colours",
  "quality",
  "fingerprint",
  "ocr",
  "shots",
  "keyframes",
  "storyboard",
  "black-frames",
  "loudness",
  "silence",
  "waveform",
  "document-text",
  "language",
  "keywords",
  "page-count",
  "embed",
  "caption",
  "detect-objects",
  "moderate",
  "transcribe",
  "summarise",
] as const;
export const Operation = z.enum(OPERATIONS);
export type Operation = z.infer<typeof Operation>;

/** One unit of analysis of one asset. `id` is unique within the asset and stable across attempts. */
export const Step = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{1,59}$/),
  operation: Operation,
  parameters: z.record(z.string(), z.json()),
});
export type Step = z.infer<typeof Step>;
