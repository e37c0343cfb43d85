/** The credential of a request, and the answer to one that opens nothing. */
import type { Context } from "hono";
import type { Refused } from "../../access/lease-cache.ts";
import type { ApiEnv } from "../deps.ts";
import { problem } from "../problem.ts";

const SCHEME = /^Bearer +/i;

/** As it was shown, whatever it is; null for a request without one, or with one of another kind. */
export function credentialOf(c: Context<ApiEnv>): string | null {
  const header = c.req.header("authorization") ?? "";
  const scheme = SCHEME.exec(header);
  return scheme === null ? null : header.slice(scheme[0].length);
}

/** Everything that is wrong with a credential gets the same answer. */
export function refuseCredential(c: Context<ApiEnv>, why: Refused): Response {
  if (why === "suspended") return problem(c, "tenant_suspended", "The tenant of this credential is not active.");
  if (why === "unavailable") {
    return problem(c, "authentication_unavailable", "Whether the credential is valid could not be told in time.");
  }
  return problem(c, "unauthorized", "The request carries no valid credential.");
}
