import { z } from "zod";

/** Half-open interval on the media's own timeline. */
export const TimeRange = z.strictObject({ startMs: z.number().min(0), endMs: z.number().min(0) });
export type TimeRange = z.infer<typeof TimeRange>;

/** A rectangle in fractions of the upright picture: 0,0 is top left, 1,1 bottom right. */
export const Box = z.strictObject({
  x: z.number().min(0).max(1),
  y: z.number().min(0).max(1),
  width: z.number().min(0).max(1),
  height: z.number().min(0).max(1),
});
export type Box = z.infer<typeof Box>;

/** A file derived from an asset (thumbnail, storyboard, waveform), stored under the attempt's own prefix. */
export const Artifact = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,79}$/),
  key: z.string().max(512),
  contentType: z.string().max(100),
  sizeBytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Artifact = z.infer<typeof Artifact>;

/** A vector of one space; vectors of different spaces are never compared. */
export const Embedding = z.strictObject({
  /** Name and version of what made it, such as `lexical-hash-v1` or `visual-descriptor-v1`. */
  space: z.string().max(64),
  vector: z.array(z.number()).min(1).max(1536),
});
export type Embedding = z.infer<typeof Embedding>;

/** One finding of one step, as an engine reports it. PERSISTED CONTRACT. */
export const NewInsight = z.strictObject({
  /** What was found: `colours`, `ocr-text`, `shot`, `loudness`, … */
  kind: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/),
  source: z.strictObject({
    engine: z.string().max(64),
    /** The model's or algorithm's name and version, such as `tesseract-5-eng` or `ebu-r128`. */
    model: z.string().max(128),
    /** SHA-256 of the model file where there is one. */
    digest: z.string().max(71).nullable(),
  }),
  confidence: z.number().min(0).max(1).nullable(),
  timeRange: TimeRange.nullable(),
  /** 1-based page of a document. */
  page: z.int().min(1).nullable(),
  box: Box.nullable(),
  /** Words a person may search for; null when the finding has none. */
  text: z.string().max(100_000).nullable(),
  data: z.record(z.string(), z.json()),
  artifact: Artifact.nullable(),
  embedding: Embedding.nullable(),
});
export type NewInsight = z.infer<typeof NewInsight>;

/** A finding as the asset keeps it: `id` is derived from step and position, so a repeated report changes nothing. */
export const Insight = NewInsight.extend({
  id: z.string(),
  step: z.string(),
  operation: z.string(),
});
export type Insight = z.infer<typeof Insight>;
