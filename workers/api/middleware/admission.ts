/**
 * Who gets in, and how often: the limits of the address, then the credential, then the limits of whom it stands for. Before
 * authentication the address is counted, and only that: who knows the id of a key cannot spend its owner's limit.
 *
 * One middleware, because each costs every request promises of its own; and what leases cover is not waited for, because
 * that would cost it a turn each.
 */
import { createMiddleware } from "hono/factory";
import { clientAddress } from "../../access/limits/client-address.ts";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import type { ApiRoute } from "../route.ts";
import { credentialOf, refuseCredential } from "./authenticate.ts";
import { noteAttempt, refuseLimited, setLimitFields } from "./rate-limit.ts";

/** Every request passes, or is answered here. Public routes look at no credential. */
export function admission(deps: Pick<ApiDeps, "authenticate" | "limits">, routes: readonly ApiRoute[]) {
  const open = methodsOfOpenPaths(routes);
  return createMiddleware<ApiEnv>(async (c, next) => {
    // Served as a GET without its body, HEAD is as open and as limited as that.
    const request = { method: c.req.method === "HEAD" ? "GET" : c.req.method, route: c.get("route") };
    const ofAddress = deps.limits.address(clientAddress(c.req.raw.headers), request);
    const address = ofAddress instanceof Promise ? await ofAddress : ofAddress;
    if (address.kind !== "allowed") return refuseLimited(c, address);

    if (open.get(request.route)?.has(request.method) === true) {
      noteAttempt(c, address);
      await next();
      setLimitFields(c, address);
      return undefined;
    }

    const credential = credentialOf(c);
    const shown = credential === null ? null : deps.authenticate(credential);
    const principal = shown instanceof Promise ? await shown : shown;
    if (principal === null || typeof principal === "string") {
      c.res = refuseCredential(c, principal);
      setLimitFields(c, address);
      return undefined;
    }
    c.set("principal", principal);

    const ofPrincipal = deps.limits.principal(principal, request);
    const own = ofPrincipal instanceof Promise ? await ofPrincipal : ofPrincipal;
    if (own.kind === "limited") return refuseLimited(c, own);
    if (own.kind === "allowed") await next();
    else c.res = refuseLimited(c, own);
    // The limits that were met last say more than those of the address.
    setLimitFields(c, own.kind === "allowed" && own.report !== undefined ? own : address);
    return undefined;
  });
}

/** By the pattern of the path: the methods that take no credential. */
function methodsOfOpenPaths(routes: readonly ApiRoute[]): ReadonlyMap<string, ReadonlySet<string>> {
  const open = new Map<string, Set<string>>();
  for (const { method, path, permission } of routes) {
    if (permission !== null) continue;
    const methods = open.get(path) ?? new Set();
    open.set(path, methods.add(method.toUpperCase()));
  }
  return open;
}
