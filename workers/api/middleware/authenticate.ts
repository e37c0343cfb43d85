import { createMiddleware } from "hono/factory";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { problem } from "../problem.ts";

/** Access tokens are longer than keys. */
const BEARER = /^Bearer +([!-~]{1,2048})$/i;

/** Lets in who shows a valid API key. Every failure gets the same answer. */
export const authenticate = (deps: ApiDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const [, key = null] = BEARER.exec(c.req.header("authorization") ?? "") ?? [];
    const principal = key === null ? null : await deps.authenticate(key);
    if (principal === null) return problem(c, "unauthorized", "The request carries no valid credential.");
    if (principal === "suspended")
      return problem(c, "tenant_suspended", "The tenant of this credential is not active.");
    if (principal === "unavailable") {
      return problem(c, "authentication_unavailable", "Whether the credential is valid could not be told in time.");
    }
    c.set("principal", principal);
    return next();
  });
