/**
 * AIMA as it is deployed, and beside it the API's own chain of middleware (`createApp`) before a route that does
 * nothing. Sessions and keys come from the deployed part; both use the same objects. Calls to objects are counted where
 * they are made, so that a request that makes none pays nothing for being counted.
 */
import main from "../../workers/index.ts";
import { rateLimiter, tenantObject, userAccount } from "../../durable-objects/addresses.ts";
import type { Permission } from "../../shared/core/access/permissions.ts";
import { limitRules } from "../../shared/core/rate-limit/default-rules.ts";
import { createAccessTokens } from "../../workers/access/access-tokens.ts";
import { createAuthenticate } from "../../workers/access/authenticate.ts";
import { createLimits } from "../../workers/access/limits/limits.ts";
import { createApp } from "../../workers/api/app.ts";
import type { ApiDeps } from "../../workers/api/deps.ts";
import { defineRoute } from "../../workers/api/route.ts";
import { Nothing } from "../../workers/api/schemas.ts";
import { settingsOf } from "../../workers/env.ts";
import { createFill, type Fill } from "../aima/fill-caches.ts";
import { CACHES, FILL_PATH, PATHS } from "./paths.ts";

export * from "../../workers/index.ts";
export { QueueStandIn } from "../aima/queue-stand-in.ts";

const calls: Record<string, number> = {};

function counted<T extends object>(name: string, stub: T): T {
  return new Proxy(stub, {
    get: (target, method) => {
      const call: unknown = Reflect.get(target, method);
      if (typeof call !== "function") return call;
      return (...args: unknown[]): unknown => {
        const key = `${name}.${String(method)}`;
        calls[key] = (calls[key] ?? 0) + 1;
        return Reflect.apply(call, target, args);
      };
    },
  });
}

const nothingAt = (path: string, permission: Permission | null) =>
  defineRoute({
    method: "get",
    path,
    operationId: permission === null ? "nothingForAll" : "nothing",
    summary: "Nothing",
    description: "Nothing.",
    tag: "system",
    permission,
    params: Nothing,
    query: Nothing,
    body: null,
    responses: { 200: { description: "Nothing" } },
    problems: [],
    handle: ({ c }) => c.json({ nothing: true }),
  });

type App = ReturnType<typeof createApp>;
type Apps = Readonly<Record<string, App>>;

function appsOf(env: Env): Apps {
  const settings = settingsOf(env);
  const now = (): number => Date.now();
  const deps = {
    authenticate: createAuthenticate({
      tenant: (tenant) => counted("Tenant", tenantObject(env, tenant)),
      account: (tenant, userId) => counted("UserAccount", userAccount(env, tenant, userId)),
      tokens: createAccessTokens({ keys: settings.ACCESS_TOKEN_KEYS, issuer: settings.PUBLIC_ORIGIN, now }),
      now,
    }),
    limits: createLimits({
      rules: limitRules(settings.RATE_LIMITS),
      limiter: (scope) => counted("RateLimiter", rateLimiter(env, scope)),
      edgeId: crypto.randomUUID(),
      now,
      timeoutMs: 2_000,
    }),
    now,
    corsOrigins: settings.CORS_ORIGINS,
    environment: settings.ENVIRONMENT,
  } satisfies Partial<ApiDeps>;
  const routes = [nothingAt(PATHS.open, null), nothingAt(PATHS.guarded, "assets:read")];
  // SAFETY: a request that is let in to a route that does nothing uses no more of them; another fails the bench loudly.
  const given = deps as Partial<ApiDeps> as ApiDeps;
  return { [PATHS.guarded]: createApp(given, routes), [PATHS.open]: createApp(given, routes, null) };
}

let apps: Apps | null = null;
let fill: Fill | null = null;

async function fillAsAsked(query: URLSearchParams, env: Env): Promise<Response> {
  const cache = CACHES.find((each) => each === query.get("cache"));
  if (cache === undefined) return new Response("No such cache", { status: 400 });
  await (fill ??= createFill(env))(cache, Number(query.get("entries")));
  if (!("gc" in globalThis) || typeof globalThis.gc !== "function")
    return new Response("Garbage stays", { status: 400 });
  globalThis.gc();
  return new Response("Filled");
}

export default {
  fetch(request, env, ctx): Response | Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const app = (apps ??= appsOf(env))[pathname];
    if (app !== undefined) return app.fetch(request, env, ctx);
    if (pathname === "/bench/ready" || pathname === "/bench/calls") return Response.json(calls);
    if (pathname === FILL_PATH) return fillAsAsked(searchParams, env);
    return main.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
