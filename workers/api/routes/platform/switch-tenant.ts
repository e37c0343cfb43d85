/** A tenant that nobody gets into, and its return. Both are idempotent. */
import type { Once, Repeatable } from "../../../../shared/contracts/once.ts";
import type { TenantLifeRpc, TenantView } from "../../../../shared/contracts/tenant.ts";
import { PLATFORM_TENANT } from "../../../../shared/core/access/permissions.ts";
import { ETAG_HEADER, versionTag } from "../../entity-tag.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { problem, refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { EXAMPLE_TENANT, TenantBody } from "../tenant/schemas.ts";
import { TenantParams } from "./schemas.ts";

type Operation = {
  readonly name: "suspend" | "resume";
  readonly summary: string;
  readonly description: string;
  readonly act: (tenant: TenantLifeRpc, once: Once | null) => Repeatable<TenantView>;
};

const operation = ({ name, summary, description, act }: Operation) =>
  defineRoute({
    method: "post",
    path: `/v1/platform/tenants/{tenantId}/${name}`,
    operationId: `${name}Tenant`,
    summary,
    description,
    tag: "platform",
    permission: "platform:operate",
    params: TenantParams,
    query: Nothing,
    body: null,
    responses: {
      200: {
        description: "The tenant after that",
        schema: TenantBody,
        example: EXAMPLE_TENANT,
        headers: { ...ETAG_HEADER, ...REPLAYED_HEADER },
      },
    },
    problems: ["tenant_not_in_state"],
    handle: async ({ c, deps, params: { tenantId }, once }) => {
      if (tenantId === PLATFORM_TENANT) {
        return problem(c, "tenant_not_in_state", "The platform's own tenant stays as it is: it lets its operators in.");
      }
      const became = await act(deps.tenants(tenantId), once);
      markReplayed(c, became);
      if (!became.ok) return refused(c, became.error);
      return c.json(became.value, 200, { etag: versionTag(became.value.version) });
    },
  });

export const suspendTenant = operation({
  name: "suspend",
  summary: "Suspend a tenant",
  description:
    "When this answers, which takes up to 2 seconds, no key and no session of the tenant gets in any more. Its running work goes on; nothing is deleted.",
  act: (tenant, once) => tenant.suspendTenant(once),
});

export const resumeTenant = operation({
  name: "resume",
  summary: "Let a suspended tenant in again",
  description: "Its keys and users get in as before.",
  act: (tenant, once) => tenant.resumeTenant(once),
});
