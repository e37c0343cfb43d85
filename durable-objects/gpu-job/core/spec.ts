import { z } from "zod";
import { MediaType, Metadata } from "../../../shared/contracts/media.ts";
import { Step } from "../../../shared/contracts/operations.ts";

/** What a job is to do, fixed at submission. PERSISTED CONTRACT. */
export const JobSpec = z.strictObject({
  tenant: z.string(),
  assetId: z.string(),
  pipeline: z.string(),
  steps: z.array(Step).min(1).max(64),
  input: z.strictObject({
    key: z.string(),
    name: z.string(),
    mediaType: MediaType,
    contentType: z.string(),
    sizeBytes: z.int().min(0),
    sha256: z.string(),
    metadata: Metadata,
  }),
});
export type JobSpec = z.infer<typeof JobSpec>;
