import { InviteUser } from "../../../../shared/contracts/user.ts";
import { ETAG_HEADER, versionTag } from "../../entity-tag.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { USER_EXAMPLE, UserBody } from "../auth/schemas.ts";
import { refuseBeyond } from "./authority.ts";
import { enter } from "./membership.ts";

export const inviteUser = defineRoute({
  method: "post",
  path: "/v1/users",
  operationId: "inviteUser",
  summary: "Invite a user",
  description:
    "Mails an invitation that is good for seven days. Nobody gives a role or permissions beyond their own: the 403 names what is lacking.",
  tag: "users",
  permission: "users:manage",
  params: Nothing,
  query: Nothing,
  body: InviteUser,
  bodyExample: { email: "ada@example.com", role: "user" },
  responses: {
    201: {
      description: "The user is invited",
      schema: UserBody,
      example: { ...USER_EXAMPLE, status: "invited", emailVerified: false, passwordChangedAt: null, version: 1 },
      headers: { ...ETAG_HEADER, ...REPLAYED_HEADER, Location: "Path of the user" },
    },
  },
  problems: ["email_taken", "username_taken", "tenant_suspended"],
  handle: async ({ c, deps, tenant, once, body }) => {
    const { role, permissions, email, username = null, fullName = null } = body;
    const refusal = refuseBeyond(c, body);
    if (refusal !== null) return refusal;
    c.set("audit", { after: { role, permissions } });
    const invitation = { kind: "invited", invitedBy: c.var.principal?.actor.id ?? "" } as const;
    const entrant = { ...invitation, email, username, fullName, role, permissions };
    const entered = await enter(deps, tenant, entrant, once);
    if (!entered.ok) return refused(c, entered.error);
    markReplayed(c, entered);
    const { id, version } = entered.value;
    return c.json(entered.value, 201, { location: `/v1/users/${id}`, etag: versionTag(version) });
  },
});
