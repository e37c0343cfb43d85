/** What an administrator does to a user's standing, and to their sessions. */
import { z } from "zod";
import type { Once, Repeatable } from "../../../../shared/contracts/once.ts";
import type { UserView } from "../../../../shared/contracts/user.ts";
import type { ErrorCode } from "../../../../shared/errors/codes.ts";
import type { ApiDeps } from "../../deps.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { SESSION_EXAMPLE, SessionBody, USER_EXAMPLE, UserBody } from "../auth/schemas.ts";
import { manageable } from "./authority.ts";
import { activate, suspend, type Whom } from "./membership.ts";
import { UserParams } from "./schemas.ts";

type Operation = {
  readonly name: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly problems: readonly ErrorCode[];
  readonly operate: (deps: ApiDeps, whom: Whom, once: Once | null) => Repeatable<UserView>;
  /** It is one change of one object, which keeps the key. */
  readonly keepsKey?: true;
};

const operation = ({ name, operate, keepsKey, ...described }: Operation) =>
  defineRoute({
    ...described,
    method: "post",
    path: `/v1/users/{userId}/${name}`,
    tag: "users",
    permission: "users:manage",
    params: UserParams,
    query: Nothing,
    body: null,
    responses: {
      200: {
        description: "The user",
        schema: UserBody,
        example: USER_EXAMPLE,
        ...(keepsKey === undefined ? {} : { headers: REPLAYED_HEADER }),
      },
    },
    handle: async ({ c, deps, tenant, params: { userId }, once }) => {
      const target = await manageable(c, deps, { tenant, userId });
      if (!target.ok) return target.error;
      const operated = await operate(deps, { tenant, userId }, once);
      markReplayed(c, operated);
      if (!operated.ok) return refused(c, operated.error);
      c.set("audit", { before: { status: target.value.status }, after: { status: operated.value.status } });
      return c.json(operated.value);
    },
  });

export const suspendUser = operation({
  name: "suspend",
  operationId: "suspendUser",
  summary: "Suspend a user",
  description:
    "Ends all sessions; nobody gets in until the user is activated, by no session and no API key of theirs. The last active admin stays active.",
  problems: ["last_admin"],
  operate: suspend,
});

export const activateUser = operation({
  name: "activate",
  operationId: "activateUser",
  summary: "Activate a user",
  description: "Lets a suspended user in again; their API keys open again what they may.",
  problems: ["account_not_active"],
  operate: activate,
});

export const unlockUser = operation({
  name: "unlock",
  operationId: "unlockUser",
  summary: "Unlock a user",
  description:
    "Ends a lock that failed logins have led to, before its time. Repeated under the same `Idempotency-Key`, it does nothing more and answers with the user as they are by then.",
  problems: [],
  operate: (deps, { tenant, userId }, once) => deps.accounts(tenant, userId).unlock(once),
  keepsKey: true,
});

export const resetUserPassword = operation({
  name: "reset-password",
  operationId: "resetUserPassword",
  summary: "Void a user's password",
  description:
    "Ends all sessions, and mails a token with which the user sets a new password. Who comes in through an identity provider is mailed none where the deployment gives them no password (`EXTERNAL_PASSWORDS`). Repeated under the same `Idempotency-Key`, it does nothing more and answers with the user as they are by then.",
  problems: [],
  operate: (deps, { tenant, userId }, once) => deps.accounts(tenant, userId).voidPassword(once),
  keepsKey: true,
});

export const listUserSessions = defineRoute({
  method: "get",
  path: "/v1/users/{userId}/sessions",
  operationId: "listUserSessions",
  summary: "List a user's sessions",
  description: "Where the user is signed in, newest first.",
  tag: "users",
  permission: "users:read",
  params: UserParams,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The open sessions",
      schema: z.strictObject({ sessions: z.array(SessionBody).describe("Newest first, at most five") }),
      example: { sessions: [SESSION_EXAMPLE] },
    },
  },
  problems: [],
  handle: async ({ c, deps, tenant, params }) => {
    const found = await deps.accounts(tenant, params.userId).sessions();
    return found.ok ? c.json({ sessions: found.value.sessions }) : refused(c, found.error);
  },
});

export const endUserSessions = defineRoute({
  method: "delete",
  path: "/v1/users/{userId}/sessions",
  operationId: "endUserSessions",
  summary: "End all sessions of a user",
  description: "From the answer on, their tokens are refused everywhere.",
  tag: "users",
  permission: "users:manage",
  params: UserParams,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "How many have ended",
      schema: z.strictObject({ ended: z.int().min(0) }),
      example: { ended: 2 },
    },
  },
  problems: [],
  handle: async ({ c, deps, tenant, params: { userId } }) => {
    const target = await manageable(c, deps, { tenant, userId });
    if (!target.ok) return target.error;
    const ended = await deps.accounts(tenant, userId).logOutAll(null);
    return ended.ok ? c.json(ended.value) : refused(c, ended.error);
  },
});
