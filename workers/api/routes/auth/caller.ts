/** Who calls, for the routes on accounts. */
import type { Context } from "hono";
import type { Origin } from "../../../../shared/contracts/account.ts";
import type { Principal } from "../../../../shared/contracts/principal.ts";
import { clientAddress } from "../../../access/limits/client-address.ts";
import type { ApiEnv } from "../../deps.ts";

/** For routes that take `account:self`, which no API key can have. */
export function selfOf(principal: Principal | null): { readonly userId: string; readonly sessionId: string } {
  if (principal?.actor.kind !== "user") throw new Error("Only a user has an account of their own.");
  return { userId: principal.actor.id, sessionId: principal.actor.sessionId };
}

const MAX_USER_AGENT_CHARS = 512;

export const originOf = (c: Context<ApiEnv>): Origin => ({
  userAgent: c.req.header("user-agent")?.slice(0, MAX_USER_AGENT_CHARS) ?? null,
  address: clientAddress(c.req.raw.headers),
});
