/** Messages between Workers. Each is a reference: the object it names has the content. PERSISTED CONTRACT. */
import { z } from "zod";
import { AssetId, JobId, TenantId } from "./asset.ts";
import { Traceparent } from "./trace.ts";
import { DEFAULT_PRIORITY, JobPriority } from "./job.ts";
import { UserId } from "./user.ts";

/** Look at the stored content of an asset and tell it what was found. */
export const InspectMessage = z.strictObject({
  tenant: TenantId,
  assetId: AssetId,
  key: z.string().max(512),
  name: z.string().max(1024),
  sizeBytes: z.int().min(0),
  traceparent: Traceparent,
});
export type InspectMessage = z.infer<typeof InspectMessage>;

/** Find a place for a waiting job. */
export const PlaceMessage = z.strictObject({
  tenant: TenantId,
  jobId: JobId,
  priority: JobPriority.default(DEFAULT_PRIORITY),
  traceparent: Traceparent,
});
export type PlaceMessage = z.infer<typeof PlaceMessage>;

/** The asset has events up to `seq` that the index may lack. */
export const IndexMessage = z.strictObject({ tenant: TenantId, assetId: AssetId, seq: z.int().min(1) });
export type IndexMessage = z.infer<typeof IndexMessage>;

/** The user has changes up to `seq` that the list of users may lack. */
export const UserMessage = z.strictObject({ tenant: TenantId, userId: UserId, seq: z.int().min(0) });
export type UserMessage = z.infer<typeof UserMessage>;
