import { createMiddleware } from "hono/factory";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { problem } from "../problem.ts";
import type { ApiRoute } from "../route.ts";

/** Access tokens are longer than keys. */
const BEARER = /^Bearer +([!-~]{1,2048})$/i;

/** Lets in who shows a valid credential, and everybody to public routes, which look at none. Every failure gets the same answer. */
export function authenticate(deps: ApiDeps, routes: readonly ApiRoute[]) {
  const open = new Set(
    routes.filter(({ permission }) => permission === null).map(({ method, path }) => `${method.toUpperCase()} ${path}`),
  );
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (open.has(`${c.req.method} ${c.get("route")}`)) return next();
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
}
