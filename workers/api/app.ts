/**
 * The public HTTP API: middleware in order, then the routes.
 *
 * Outermost first: request id → trace → access log → security headers → CORS (a preflight ends here) → version and
 * deprecation of the matched route → limits per address → authentication → limits per tenant, user, key and route →
 * audit → body limit → permission, parameters, query, idempotency key and body (`defineRoute`) → handler. What refuses
 * stands inside of what reports, so a refusal has its id, its log line and its headers.
 */
import { Hono, type MiddlewareHandler } from "hono";
import type { ApiDeps, ApiEnv } from "./deps.ts";
import { accessLog } from "./middleware/access-log.ts";
import { admission } from "./middleware/admission.ts";
import { auditChanges, auditRefusals } from "./middleware/audit.ts";
import { jsonBodyLimit } from "./middleware/body-limit.ts";
import { cors } from "./middleware/cors.ts";
import { deprecation } from "./middleware/deprecation.ts";
import { requestId } from "./middleware/request-id.ts";
import { securityHeaders } from "./middleware/security-headers.ts";
import { traceparent } from "./middleware/traceparent.ts";
import { problem, unforeseen } from "./problem.ts";
import type { ApiRoute } from "./route.ts";
import { ROUTES } from "./routes/table.ts";

type Pattern = { readonly method: string; readonly pattern: RegExp };

/** Everything that matches a route's path, whatever its method. */
const patternsOf = (routes: readonly ApiRoute[]): readonly Pattern[] =>
  routes.map(({ method, path }) => ({
    method: method.toUpperCase(),
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  }));

function allowedMethods(patterns: readonly Pattern[], path: string): readonly string[] {
  const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  return methods.includes("GET") ? [...methods, "HEAD"] : methods;
}

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/**
 * The app answers every request by itself: no error leaves it, each answer carries the request's id. `admit` is what
 * stands between a stranger and the routes of `/v1`; null for what needs nothing there.
 */
export function createApp(
  deps: ApiDeps,
  routes: readonly ApiRoute[] = ROUTES,
  admit: MiddlewareHandler<ApiEnv> | null = admission(deps, routes),
): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  const patterns = patternsOf(routes);
  app.use(requestId(deps), traceparent, accessLog(deps), securityHeaders(deps), cors(deps));
  for (const route of routes) {
    app.on(route.method, honoPath(route.path), async (c, next) => {
      // Of several that fit (`/v1/audit/stats`, `/v1/audit/{seq}`) the first in the table serves the request.
      if (c.var.route === "none") {
        c.set("route", route.path);
        c.set("operation", route.operationId);
      }
      await next();
    });
    app.on(route.method, honoPath(route.path), deprecation(route));
  }
  app.use("/v1/*", auditRefusals(deps));
  if (admit !== null) app.use("/v1/*", admit);
  app.use("/v1/*", auditChanges(deps));
  for (const route of routes) {
    const path = honoPath(route.path);
    if (route.body !== null) app.on(route.method, path, jsonBodyLimit);
    app.on(route.method, path, (c) => route.serve(c, deps));
  }
  app.notFound((c) => {
    const allowed = allowedMethods(patterns, c.req.path);
    if (allowed.length === 0) return problem(c, "not_found", "There is nothing at this path.");
    return problem(c, "method_not_allowed", `${c.req.method} is not possible here.`, {
      headers: { allow: allowed.join(", ") },
    });
  });
  app.onError(unforeseen);
  return app;
}
