/** The credential of a request, and the answer to one that opens nothing. */
import type { Context } from "hono";
import type { Refused } from "../../access/lease-cache.ts";
import type { ApiEnv } from "../deps.ts";
import { problem } from "../problem.ts";

/** Access tokens are longer than keys. */
const BEARER = /^Bearer +([!-~]{1,2048})$/i;

/** Null for a request without one, or with one of another kind. */
export const credentialOf = (c: Context<ApiEnv>): string | null =>
  BEARER.exec(c.req.header("authorization") ?? "")?.[1] ?? null;

/** Everything that is wrong with a credential gets the same answer. */
export function refuseCredential(c: Context<ApiEnv>, why: Refused): Response {
  if (why === "suspended") return problem(c, "tenant_suspended", "The tenant of this credential is not active.");
  if (why === "unavailable") {
    return problem(c, "authentication_unavailable", "Whether the credential is valid could not be told in time.");
  }
  return problem(c, "unauthorized", "The request carries no valid credential.");
}
