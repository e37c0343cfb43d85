import { createMiddleware } from "hono/factory";
import { continueTrace, formatTraceparent } from "../../../shared/core/trace-context.ts";
import type { ApiEnv } from "../deps.ts";

/** Continues the caller's trace, or begins one; the log and the answer carry it. */
export const traceparent = createMiddleware<ApiEnv>(async (c, next) => {
  const trace = continueTrace(c.req.header("traceparent"), (bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
  c.set("trace", trace);
  await next();
  c.header("traceparent", formatTraceparent(trace));
});
