import { z } from "zod";
import { Residency } from "../../../../shared/contracts/tenant.ts";
import { Email } from "../../../../shared/contracts/user.ts";
import { PLATFORM_TENANT } from "../../../../shared/core/access/permissions.ts";
import { ETAG_HEADER, versionTag } from "../../entity-tag.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { EXAMPLE_TENANT, TenantBody } from "../tenant/schemas.ts";
import { enter } from "../users/membership.ts";

export const createTenant = defineRoute({
  method: "post",
  path: "/v1/platform/tenants",
  operationId: "createTenant",
  summary: "Create a tenant",
  description:
    "A new tenant. `adminEmail` is invited to be its first admin. `residency` binds its objects to a jurisdiction, for good: the id tells it. Repeated under the same `Idempotency-Key`, it answers with the same tenant.",
  tag: "platform",
  permission: "platform:operate",
  params: Nothing,
  query: Nothing,
  body: z.strictObject({
    name: z.string().trim().min(1).max(200),
    residency: Residency.default("any"),
    adminEmail: Email.optional(),
  }),
  bodyExample: { name: "Harbour Archive", residency: "eu", adminEmail: "ada@example.com" },
  responses: {
    201: {
      description: "The tenant",
      schema: TenantBody,
      example: EXAMPLE_TENANT,
      headers: { Location: "The tenant's path", ...ETAG_HEADER, ...REPLAYED_HEADER },
    },
  },
  problems: [],
  handle: async ({ c, deps, body: { name, residency, adminEmail: email }, once }) => {
    // The list comes first and decides on the id: a repetition after a lost answer makes the tenant that is listed.
    const entry = { tenant: deps.newTenantId(residency), createdAtMs: deps.now() };
    const listed = await deps.tenants(PLATFORM_TENANT).enlistTenant(entry, once);
    if (!listed.ok) return refused(c, listed.error);
    const tenant = listed.value;
    const made = await deps.tenants(tenant).createTenant({ tenant, name, residency }, once);
    markReplayed(c, made);
    if (!made.ok) return refused(c, made.error);
    if (email !== undefined) {
      const invitation = { kind: "invited", invitedBy: c.var.principal?.actor.id ?? "" } as const;
      const admin = { ...invitation, email, username: null, fullName: null, role: "admin", permissions: [] } as const;
      // Of its own in the tenant's object, which has kept the creation under the request's.
      const invitedOnce = once === null ? null : { ...once, key: `${once.key}:admin` };
      const invited = await enter(deps, tenant, admin, invitedOnce);
      if (!invited.ok) return refused(c, invited.error);
    }
    // With the member that was invited.
    const view = email === undefined ? made : await deps.tenants(tenant).getTenant();
    if (!view.ok) return refused(c, view.error);
    const headers = { location: `/v1/platform/tenants/${tenant}`, etag: versionTag(view.value.version) };
    return c.json(view.value, 201, headers);
  },
});
