/**
 * Cross-origin requests of browsers (Fetch, 3.2). Origins come from `CORS_ORIGINS`, never from the request; there are no
 * credentials to allow, because the API takes none that a browser adds by itself.
 */
import { createMiddleware } from "hono/factory";
import type { ApiDeps, ApiEnv } from "../deps.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS =
  "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Prefer, Range, traceparent, X-Request-Id";
const EXPOSED =
  "API-Version, Content-Disposition, Content-Range, Deprecation, ETag, Idempotent-Replayed, Link, Location, " +
  "Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, Sunset, traceparent, X-Request-Id";
/** Two hours, the most that browsers keep the answer to a preflight. */
const MAX_AGE_SECONDS = 7_200;

/** Answers a preflight before anybody is authenticated: a browser sends none of the credentials with it. */
export const cors = (deps: ApiDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const origin = c.req.header("origin");
    const allowed = origin !== undefined && deps.corsOrigins.includes(origin);
    const preflight = c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;
    if (allowed && preflight) {
      return c.body(null, 204, {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": REQUEST_HEADERS,
        "access-control-max-age": String(MAX_AGE_SECONDS),
        vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
      });
    }
    await next();
    // With any origin set, a cache has to tell them apart, whoever asks.
    if (deps.corsOrigins.length > 0) c.header("vary", "Origin", { append: true });
    if (allowed) {
      c.header("access-control-allow-origin", origin);
      c.header("access-control-expose-headers", EXPOSED);
    }
    return undefined;
  });
