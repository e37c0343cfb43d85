/**
 * A Worker that storms one rate limiter: by the object's stub, and behind the middleware of the API. The clock is the
 * storm's own: a millisecond passes with every 20 requests that are sent, for the edge and for the object alike, which
 * share the isolate.
 */
import { type Context, Hono } from "hono";
import { RateLimiter as RealLimiter } from "../../durable-objects/rate-limiter/object.ts";
import { rateLimiter } from "../../durable-objects/addresses.ts";
import type { Principal } from "../../shared/contracts/principal.ts";
import { LimitRule } from "../../shared/core/rate-limit/rule.ts";
import { createLimits, type Limits } from "../../workers/access/limits/limits.ts";
import type { ApiEnv } from "../../workers/api/deps.ts";
import { admission } from "../../workers/api/middleware/admission.ts";

const START_MS = 1_800_000_000_000;
const PER_MS = 20;

let sent = 0;
/** Of the request that was sent last. */
const clock = (): number => START_MS + Math.floor(Math.max(0, sent - 1) / PER_MS);

export class RateLimiter extends RealLimiter {
  override clock = clock;
}

/** Clients that each wait for their answer before they ask again; how many requests were allowed. */
async function storm(clients: number, requests: number, take: () => Promise<{ allowed: boolean }>): Promise<number> {
  sent = 0;
  let allowed = 0;
  const client = async (): Promise<void> => {
    while (sent < requests) {
      sent += 1;
      if ((await take()).allowed) allowed += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return allowed;
}

/** Everything behind `/behind/<tenant>` is one tenant's; each has one rule, given as JSON when it is opened. */
const opened = new Map<string, ReturnType<typeof admission>>();

/** Whoever comes has a key of the tenant. */
function doorOf(tenant: string, limits: Limits): ReturnType<typeof admission> {
  const principal: Principal = { tenant, actor: { kind: "api-key", id: "key_storm" }, permissions: ["*"] };
  return admission({ limits, authenticate: () => principal }, []);
}

const app = new Hono<ApiEnv & { Bindings: Env }>();

app.post("/rpc/:scope", async (c) => {
  const {
    rule: policy,
    clients,
    requests,
  } = await c.req.json<{ rule: LimitRule; clients: number; requests: number }>();
  const limiter = rateLimiter(c.env, c.req.param("scope"));
  const allowed = await storm(clients, requests, () => limiter.take([{ policy, subject: "tenant" }], null));
  return c.json({ allowed, passedMs: clock() - START_MS });
});

app.post("/open/:tenant", async (c) => {
  const tenant = c.req.param("tenant");
  const rules = [LimitRule.parse(await c.req.json())];
  const limiter = (scope: string) => rateLimiter(c.env, scope);
  sent = 0;
  const limits = createLimits({ rules, limiter, edgeId: "edge", now: clock, timeoutMs: 60_000 });
  opened.set(tenant, doorOf(tenant, limits));
  return c.body(null, 204);
});

app.use("/behind/:tenant", async (c, next) => {
  const door = opened.get(c.req.param("tenant"));
  if (door === undefined) return c.notFound();
  sent += 1;
  c.set("route", "/behind");
  c.set("requestId", "req_storm");
  // SAFETY: the same context, which has bindings besides.
  return door(c as unknown as Context<ApiEnv>, next);
});
app.get("/behind/:tenant", (c) => c.body(null, 204));
app.get("/passed", (c) => c.json({ passedMs: clock() - START_MS }));

export default app;
