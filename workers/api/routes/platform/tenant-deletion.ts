/** Deleting a tenant with everything it has, and looking at how that goes. */
import { z } from "zod";
import { TenantDeletion } from "../../../../shared/contracts/tenant-deletion.ts";
import { PLATFORM_TENANT } from "../../../../shared/core/access/permissions.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { problem, refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { documentation, Nothing } from "../../schemas.ts";
import { TenantParams } from "./schemas.ts";

const TenantDeletionBody = documentation.openAPIRegistry.register("TenantDeletion", TenantDeletion);

/** Only for the description. */
const EXAMPLE: TenantDeletion = {
  status: "running",
  step: "purge-assets",
  attempts: 0,
  reason: null,
  retryAt: null,
  startedAt: "2026-11-25T09:00:00.000Z",
  endedAt: null,
  counts: { assets: 1_204, assetsPurged: 350, assetsErased: 0, blobsDeleted: 0, rowsDeleted: 0, usersDeleted: 0 },
};

const shared = {
  tag: "platform",
  permission: "platform:operate",
  params: TenantParams,
  body: null,
} as const;

export const deleteTenant = defineRoute({
  ...shared,
  method: "delete",
  path: "/v1/platform/tenants/{tenantId}",
  operationId: "deleteTenant",
  summary: "Delete a tenant with everything it has",
  description:
    "For good: assets, findings, jobs, users, keys, usage and settings go, and the id is never given again. Only a suspended " +
    "tenant can be deleted, so that suspending it is the time to think, and `confirm` repeats its id. When this answers, " +
    "which takes up to 2 seconds, nobody gets in any more; the rest goes on by itself and is seen under `deletion`. Its " +
    "audit log is kept until the retention of its newest row is over. Repeated, it answers how the deletion stands.",
  query: z.strictObject({ confirm: z.string().max(64).describe("The tenant's id once more") }),
  responses: { 202: { description: "How the deletion stands", schema: TenantDeletionBody, example: EXAMPLE } },
  problems: ["tenant_not_in_state"],
  handle: async ({ c, deps, params: { tenantId }, query: { confirm } }) => {
    if (confirm !== tenantId) {
      const detail = "`confirm` is not the id of the tenant that is to be deleted.";
      return refused(c, { code: "invalid_request", detail, pointer: "/query/confirm" });
    }
    if (tenantId === PLATFORM_TENANT) {
      return problem(c, "tenant_not_in_state", "The platform's own tenant stays: it lets its operators in.");
    }
    const begun = await deps.tenants(tenantId).deleteTenant();
    return begun.ok ? c.json(begun.value, 202) : refused(c, begun.error);
  },
});

export const getTenantDeletion = defineRoute({
  ...shared,
  method: "get",
  path: "/v1/platform/tenants/{tenantId}/deletion",
  operationId: "getTenantDeletion",
  summary: "Read how the deletion of a tenant stands",
  description:
    "The step under way, what was removed, and what the last failure said. Answers for good, after the tenant is gone too: " +
    "its id, these times and counts are all that is left of it, beside its audit log.",
  query: Nothing,
  responses: { 200: { description: "The deletion", schema: TenantDeletionBody, example: EXAMPLE } },
  problems: [],
  handle: async ({ c, deps, params: { tenantId } }) => {
    const found = await deps.tenants(tenantId).deletion();
    return found.ok ? c.json(found.value) : refused(c, found.error);
  },
});

export const retryTenantDeletion = defineRoute({
  ...shared,
  method: "post",
  path: "/v1/platform/tenants/{tenantId}/deletion/retry",
  operationId: "retryTenantDeletion",
  summary: "Go on with a stuck deletion",
  description: "Tries the step again on which the deletion is stuck, with all its tries. One that is at work goes on.",
  query: Nothing,
  responses: {
    200: { description: "The deletion", schema: TenantDeletionBody, example: EXAMPLE, headers: REPLAYED_HEADER },
  },
  problems: ["tenant_deletion_not_stuck"],
  handle: async ({ c, deps, params: { tenantId }, once }) => {
    const retried = await deps.tenants(tenantId).retryDeletion(once);
    markReplayed(c, retried);
    return retried.ok ? c.json(retried.value) : refused(c, retried.error);
  },
});
