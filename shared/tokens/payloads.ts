import { z } from "zod";

/** Speaks for one attempt of one job. */
export const AttemptToken = z.strictObject({
  use: z.literal("attempt"),
  tenant: z.string(),
  jobId: z.string(),
  attempt: z.int().min(1),
  exp: z.int(),
});
export type AttemptToken = z.infer<typeof AttemptToken>;

/** Reads one object of the bucket. */
export const ReadToken = z.strictObject({ use: z.literal("read"), key: z.string(), exp: z.int() });

/** Writes objects under a prefix of the bucket that belongs to one attempt; a repeated write replaces the first. */
export const WriteToken = z.strictObject({
  use: z.literal("write"),
  prefix: z.string(),
  maxBytes: z.int().min(1),
  exp: z.int(),
});
