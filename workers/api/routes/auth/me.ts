import { z } from "zod";
import { UpdateUser } from "../../../../shared/contracts/user.ts";
import { ETAG_HEADER, IF_MATCH_HEADER, IF_NONE_MATCH_HEADER, readIfMatch, versioned } from "../../entity-tag.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { changeProfile } from "../users/membership.ts";
import { selfOf } from "./caller.ts";
import { USER_EXAMPLE, UserBody } from "./schemas.ts";

export const getMe = defineRoute({
  method: "get",
  path: "/v1/auth/me",
  operationId: "getMe",
  summary: "Read your own account",
  description: "The signed-in user's profile, role and standing.",
  tag: "auth",
  permission: "account:self",
  params: Nothing,
  query: Nothing,
  body: null,
  headers: IF_NONE_MATCH_HEADER,
  responses: {
    200: { description: "The account", schema: UserBody, example: USER_EXAMPLE, headers: ETAG_HEADER },
    304: { description: "The account is as named in `If-None-Match`", headers: ETAG_HEADER },
  },
  problems: [],
  handle: async ({ c, deps, tenant }) => {
    const found = await deps.accounts(tenant, selfOf(c.var.principal).userId).get();
    return found.ok ? versioned(c, found.value.version, found.value) : refused(c, found.error);
  },
});

const UpdateMe = UpdateUser.extend({
  currentPassword: z.string().max(1_024).optional().describe("Needed with `email`, where the account has a password"),
});

export const updateMe = defineRoute({
  method: "put",
  path: "/v1/auth/me",
  operationId: "updateMe",
  summary: "Change your own profile",
  description:
    "What is left out stays; null takes a name away. A new e-mail address takes the password (`currentPassword`), because " +
    "it can be used to set another; without one the login at the identity provider counts for ten minutes. A role is " +
    "changed by an administrator only.",
  tag: "auth",
  permission: "account:self",
  params: Nothing,
  query: Nothing,
  body: UpdateMe,
  bodyExample: { fullName: "Ada King" },
  headers: IF_MATCH_HEADER,
  responses: { 200: { description: "The account", schema: UserBody, example: USER_EXAMPLE, headers: ETAG_HEADER } },
  problems: [
    "precondition_failed",
    "email_taken",
    "username_taken",
    "invalid_credentials",
    "account_locked",
    "reauthentication_required",
  ],
  handle: async ({ c, deps, tenant, body: { currentPassword, ...body } }) => {
    const version = readIfMatch(c);
    if (!version.ok) return version.error;
    const { userId, sessionId } = selfOf(c.var.principal);
    if (body.email !== undefined) {
      const asked = await deps.accounts(tenant, userId).prove({ password: currentPassword ?? null, sessionId });
      if (!asked.ok) return refused(c, { ...asked.error, pointer: "/currentPassword" });
    }
    const changed = await changeProfile(deps, { tenant, userId }, body, version.value);
    if (!changed.ok) return refused(c, changed.error);
    c.set("audit", { resource: { type: "user", id: userId }, after: { changed: Object.keys(body) } });
    return versioned(c, changed.value.version, changed.value);
  },
});
