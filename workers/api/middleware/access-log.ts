import { createMiddleware } from "hono/factory";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { logLine } from "../log.ts";

/** One line per request, with the route's pattern instead of the path; probes of `/health` would drown the rest. */
export const accessLog = (deps: ApiDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const begunMs = deps.now();
    await next();
    if (c.req.path === "/health") return;
    logLine({
      event: "request",
      requestId: c.var.requestId,
      traceId: c.var.trace.traceId,
      method: c.req.method,
      route: c.var.route,
      status: c.res.status,
      ms: deps.now() - begunMs,
      tenant: c.var.principal?.tenant ?? null,
    });
  });
