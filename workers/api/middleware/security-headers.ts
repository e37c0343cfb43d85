import { createMiddleware } from "hono/factory";
import type { ApiDeps, ApiEnv } from "../deps.ts";

const ALWAYS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
};
const UNLESS_SET = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cache-control": "no-store",
};

/** On every answer, errors included; a route may set its own policy and caching. */
export const securityHeaders = (deps: ApiDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(ALWAYS)) c.header(name, value);
    for (const [name, value] of Object.entries(UNLESS_SET)) if (!c.res.headers.has(name)) c.header(name, value);
    if (deps.environment !== "dev") c.header("strict-transport-security", "max-age=31536000; includeSubDomains");
  });
