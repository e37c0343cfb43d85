import { createMiddleware } from "hono/factory";
import { setSecurityHeaders } from "../../security-headers.ts";
import type { ApiDeps, ApiEnv } from "../deps.ts";

/** On every answer, errors included; a route may set its own policy and caching. */
export const securityHeaders = (deps: ApiDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    await next();
    c.header("x-content-type-options", "nosniff"); // Makes the answer's headers writable.
    setSecurityHeaders(c.res.headers, deps.environment);
  });
