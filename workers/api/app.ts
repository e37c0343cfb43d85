/** The public HTTP API: middleware in order, then the routes. */
import { Hono } from "hono";
import type { ApiDeps, ApiEnv } from "./deps.ts";
import { accessLog } from "./middleware/access-log.ts";
import { authenticate } from "./middleware/authenticate.ts";
import { jsonBodyLimit } from "./middleware/body-limit.ts";
import { requestId } from "./middleware/request-id.ts";
import { securityHeaders } from "./middleware/security-headers.ts";
import { problem, unforeseen } from "./problem.ts";
import { ROUTES } from "./routes/table.ts";

/** Everything that matches a route's path, whatever its method. */
const PATTERNS = ROUTES.map(({ method, path }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

function allowedMethods(path: string): readonly string[] {
  const methods = PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  return methods.includes("GET") ? [...methods, "HEAD"] : methods;
}

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** The app answers every request by itself: no error leaves it, each answer carries the request's id. */
export function createApp(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.use(requestId(deps), accessLog(deps), securityHeaders(deps));
  for (const { method, path } of ROUTES) {
    app.on(method, honoPath(path), async (c, next) => {
      c.set("route", path);
      await next();
    });
  }
  app.use("/v1/*", authenticate(deps));
  for (const route of ROUTES) {
    const path = honoPath(route.path);
    if (route.body !== null) app.on(route.method, path, jsonBodyLimit);
    app.on(route.method, path, (c) => route.serve(c, deps));
  }
  app.notFound((c) => {
    const allowed = allowedMethods(c.req.path);
    if (allowed.length === 0) return problem(c, "not_found", "There is nothing at this path.");
    return problem(c, "method_not_allowed", `${c.req.method} is not possible here.`, {
      headers: { allow: allowed.join(", ") },
    });
  });
  app.onError(unforeseen);
  return app;
}
