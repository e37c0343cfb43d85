/**
 * The deletion of a tenant with everything it has: a saga that the tenant's own object runs to its end. What is asked of
 * that object, and how it answers.
 */
import { z } from "zod";
import type { Refusable } from "./objects.ts";
import type { Once, Repeatable } from "./once.ts";

/**
 * In their order; each can be done again. `find-assets` gathers what the index, the bucket and the tenant's own books
 * name; `purge-assets` has each asset purge itself; `erase-assets` and `delete-users` wipe the objects of assets, jobs and
 * users, so that none of them publishes anything any more; `erase-blobs` and `erase-index` remove whatever else carries
 * the tenant's name in the bucket, in Postgres and in the vector index; `retire-others` wipes the rate limiter, empties the queue of the agents and dates the audit log; `forget` leaves of the
 * tenant's object the id, the times and the counts.
 */
export const DeletionStep = z.enum([
  "stop-access",
  "find-assets",
  "purge-assets",
  "erase-assets",
  "delete-users",
  "erase-blobs",
  "erase-index",
  "retire-others",
  "forget",
]);
export type DeletionStep = z.infer<typeof DeletionStep>;

const instant = z.iso.datetime({ offset: true });
const count = z.int().min(0);

export const DeletionCounts = z.strictObject({
  /** Assets found, those deleted long ago included. */
  assets: count,
  assetsPurged: count,
  /** Whose objects are wiped. */
  assetsErased: count,
  blobsDeleted: count,
  /** Rows of Postgres. */
  rowsDeleted: count,
  usersDeleted: count,
});
export type DeletionCounts = z.infer<typeof DeletionCounts>;

/** How the deletion of a tenant stands; `stuck` waits for an operator. */
export const TenantDeletion = z.strictObject({
  status: z.enum(["running", "stuck", "completed"]),
  step: DeletionStep.or(z.literal("done")),
  /** Failures of the step under way, one after another. */
  attempts: count,
  /** What the last failure said; null when the last try was none. */
  reason: z.string().nullable(),
  /** When the step is tried again after a failure. */
  retryAt: instant.nullable(),
  startedAt: instant,
  endedAt: instant.nullable(),
  counts: DeletionCounts,
});
export type TenantDeletion = z.infer<typeof TenantDeletion>;

export interface TenantDeletionRpc {
  /**
   * Begins it, for good; only of a suspended tenant (`tenant_not_in_state`). When this answers no key, session or user of
   * the tenant gets in any more. Repeated, it answers how the deletion stands. Refused: `not_found`.
   */
  deleteTenant(): Refusable<TenantDeletion>;
  /** Answers for good, after the tenant is gone too. Refused: `not_found` for one that was never deleted. */
  deletion(): Refusable<TenantDeletion>;
  /** Goes on with a deletion that is stuck; one that is at work goes on. Refused: `tenant_deletion_not_stuck`. */
  retryDeletion(once: Once | null): Repeatable<TenantDeletion>;
  /**
   * Asked before anything of an asset is published. True: the tenant is being deleted or gone, nothing may be kept of the
   * asset, and the tenant's object sees to its end.
   */
  takeAsset(assetId: string): Promise<boolean>;
}
