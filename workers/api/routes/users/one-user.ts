/** Reading, changing and removing one user. */
import { ChangeRole, UpdateUser } from "../../../../shared/contracts/user.ts";
import { ETAG_HEADER, IF_MATCH_HEADER, IF_NONE_MATCH_HEADER, readIfMatch, versioned } from "../../entity-tag.ts";
import { problem, refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { USER_EXAMPLE, UserBody } from "../auth/schemas.ts";
import { manageable, refuseBeyond } from "./authority.ts";
import { changeProfile, changeRole, remove, removeRemains } from "./membership.ts";
import { UserParams } from "./schemas.ts";

const common = { tag: "users", params: UserParams, query: Nothing } as const;
const theUser = { 200: { description: "The user", schema: UserBody, example: USER_EXAMPLE, headers: ETAG_HEADER } };

export const getUser = defineRoute({
  ...common,
  method: "get",
  path: "/v1/users/{userId}",
  operationId: "getUser",
  summary: "Read a user",
  description: "Profile, role, permissions and standing.",
  permission: "users:read",
  body: null,
  headers: IF_NONE_MATCH_HEADER,
  responses: {
    ...theUser,
    304: { description: "The user is as named in `If-None-Match`", headers: ETAG_HEADER },
  },
  problems: [],
  handle: async ({ c, deps, tenant, params }) => {
    const found = await deps.accounts(tenant, params.userId).get();
    if (!found.ok) return refused(c, found.error);
    if (found.value.status === "deleted") return problem(c, "not_found", "There is no such user.");
    return versioned(c, found.value.version, found.value);
  },
});

export const updateUser = defineRoute({
  ...common,
  method: "put",
  path: "/v1/users/{userId}",
  operationId: "updateUser",
  summary: "Change a user's profile",
  description: "What is left out stays; null takes a name away. Takes every permission that the user has.",
  permission: "users:manage",
  body: UpdateUser,
  bodyExample: { fullName: "Ada King" },
  headers: IF_MATCH_HEADER,
  responses: theUser,
  problems: ["precondition_failed", "email_taken", "username_taken"],
  handle: async ({ c, deps, tenant, params: { userId }, body }) => {
    const version = readIfMatch(c);
    if (!version.ok) return version.error;
    const target = await manageable(c, deps, { tenant, userId });
    if (!target.ok) return target.error;
    c.set("audit", { after: { changed: Object.keys(body) } });
    const changed = await changeProfile(deps, { tenant, userId }, body, version.value);
    return changed.ok ? versioned(c, changed.value.version, changed.value) : refused(c, changed.error);
  },
});

export const changeUserRole = defineRoute({
  ...common,
  method: "put",
  path: "/v1/users/{userId}/role",
  operationId: "changeUserRole",
  summary: "Change a user's role and permissions",
  description:
    "Counts in every session and for every API key of the user from the answer on. Takes every permission that the user has or gets. The last active admin stays one.",
  permission: "users:manage",
  body: ChangeRole,
  bodyExample: { role: "user", permissions: ["users:read"] },
  headers: IF_MATCH_HEADER,
  responses: theUser,
  problems: ["precondition_failed", "last_admin"],
  handle: async ({ c, deps, tenant, params: { userId }, body }) => {
    const version = readIfMatch(c);
    if (!version.ok) return version.error;
    const target = await manageable(c, deps, { tenant, userId });
    if (!target.ok) return target.error;
    const { role, permissions } = target.value;
    const wanted = { role: body.role, permissions: body.permissions ?? permissions };
    const refusal = refuseBeyond(c, wanted);
    if (refusal !== null) return refusal;
    c.set("audit", { before: { role, permissions }, after: wanted });
    const changed = await changeRole(deps, { tenant, userId }, body, version.value);
    return changed.ok ? versioned(c, changed.value.version, changed.value) : refused(c, changed.error);
  },
});

export const deleteUser = defineRoute({
  ...common,
  method: "delete",
  path: "/v1/users/{userId}",
  operationId: "deleteUser",
  summary: "Remove a user",
  description:
    "Sessions, password and second factor are gone, the API keys of the user open nothing any more, and the address and user name are free. The last active admin stays.",
  permission: "users:manage",
  body: null,
  responses: { 204: { description: "The user is removed" } },
  problems: ["last_admin"],
  handle: async ({ c, deps, tenant, params: { userId } }) => {
    const target = await manageable(c, deps, { tenant, userId });
    if (!target.ok) {
      const { error } = target;
      return error.status === 404 && (await removeRemains(deps, { tenant, userId })) ? c.body(null, 204) : error;
    }
    const { role, status } = target.value;
    c.set("audit", { before: { role, status } });
    const removed = await remove(deps, { tenant, userId });
    return removed.ok ? c.body(null, 204) : refused(c, removed.error);
  },
});
