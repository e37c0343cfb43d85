/** The limit that all tenants share, switched on: real objects, eight edges, a clock in the test's hands. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { rateLimiter } from "../../../durable-objects/addresses.ts";
import type { Principal } from "../../../shared/contracts/principal.ts";
import type { RateLimiterRpc } from "../../../shared/contracts/rate-limit.ts";
import { limitRules } from "../../../shared/core/rate-limit/default-rules.ts";
import { createLimits } from "./limits.ts";

const START_MS = 1_800_000_000_000;
const EDGES = 8;
const REQUEST = { method: "GET", route: "/v1/assets" };

const ONLY_GLOBAL = { name: "*", enabled: false };

/** Edges that share the limiters named by `scopes`, whose clock is the test's; `calls` counts questions by scope. */
async function edges(setting: object[], scopes: readonly string[]) {
  // Before the start: a limiter that forgets its counts gives no leases for a second.
  const clock = { nowMs: START_MS - 2_000 };
  const calls = new Map<string, number>();
  for (const scope of scopes) {
    await runInDurableObject(env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(scope)), async (instance) => {
      instance.clock = () => clock.nowMs;
      await instance.reset(null);
    });
  }
  clock.nowMs = START_MS;
  const limiter = (scope: string): RateLimiterRpc => {
    const stub = rateLimiter(env, scope);
    return {
      take: (asks, edge) => {
        calls.set(scope, (calls.get(scope) ?? 0) + 1);
        return stub.take(asks, edge);
      },
      peek: (asks) => stub.peek(asks),
      refund: (asks, takenAtMs) => {
        calls.set(`refund ${scope}`, (calls.get(`refund ${scope}`) ?? 0) + 1);
        return stub.refund(asks, takenAtMs);
      },
      reset: (subject) => stub.reset(subject),
      overrides: () => stub.overrides(),
      putOverride: (override, ifVersion) => stub.putOverride(override, ifVersion),
      deleteOverride: (rule, subject, ifVersion) => stub.deleteOverride(rule, subject, ifVersion),
    };
  };
  const rules = limitRules(JSON.stringify(setting));
  const all = Array.from({ length: EDGES }, (_, index) =>
    createLimits({ rules, limiter, edgeId: `edge-${index}`, now: () => clock.nowMs, timeoutMs: 10_000 }),
  );
  return { all, clock, calls };
}

const principals: readonly Principal[] = Array.from({ length: 20 }, (_, index) => ({
  tenant: `ten_global${index}`,
  actor: { kind: "api-key", id: `key_${index}` },
  permissions: ["*"],
}));

describe("the global limit", { timeout: 120_000 }, () => {
  it("hot: is leased to the edges, within 1 % of its count and of the requests as questions", async () => {
    const rules = [ONLY_GLOBAL, { name: "global", enabled: true, limit: 240_000, windowMs: 60_000 }];
    const { all, clock, calls } = await edges(rules, ["global"]);
    let sent = 0;
    let accepted = 0;
    const send = async (requests: number, perMs: number): Promise<void> => {
      const fromMs = clock.nowMs;
      for (let n = 0; n < requests; n += 1) {
        clock.nowMs = fromMs + Math.floor(n / perMs);
        const principal = principals[sent % principals.length];
        const limits = all[sent % EDGES];
        if (limits === undefined || principal === undefined) throw new Error("There are no edges");
        sent += 1;
        const verdict = limits.principal(principal, REQUEST);
        if ((verdict instanceof Promise ? await verdict : verdict).kind === "allowed") accepted += 1;
      }
    };
    await send(50_000, 5);
    expect(accepted).toBe(50_000);
    // More than there is left in the window.
    await send(220_000, 20);
    expect(accepted).toBeLessThanOrEqual(240_000);
    expect(accepted / 240_000).toBeGreaterThan(0.99);
    expect(calls.get("global")).toBeLessThanOrEqual(sent / 100);
    // Nothing else counts, so nobody else is asked.
    expect([...calls.keys()]).toEqual(["global"]);
  });

  it("small: counts every request of all tenants at all edges, and gives back on the tenant what it refuses", async () => {
    const tenants = principals.slice(0, 3);
    const rules = [
      ONLY_GLOBAL,
      { name: "global", enabled: true, algorithm: "fixed-window", limit: 50 },
      { name: "tenant", enabled: true, algorithm: "fixed-window", limit: 1_000 },
    ];
    const { all, clock } = await edges(rules, ["global", ...tenants.map(({ tenant }) => `tenant/${tenant}`)]);
    const kinds: Record<string, number> = {};
    for (let sent = 0; sent < 240; sent += 1) {
      // Slowly enough for no key to be hot: 20 a second.
      clock.nowMs += 50;
      const principal = tenants[sent % tenants.length];
      if (principal === undefined) throw new Error("There are no tenants");
      const verdict = await all[sent % EDGES]?.principal(principal, REQUEST);
      kinds[verdict?.kind ?? ""] = (kinds[verdict?.kind ?? ""] ?? 0) + 1;
      if (verdict?.kind === "limited") expect(verdict.report).toMatchObject({ rule: "global", subject: "global" });
    }
    expect(kinds).toEqual({ allowed: 50, limited: 190 });
    const policy = limitRules(JSON.stringify(rules)).find(({ name }) => name === "tenant");
    if (policy === undefined) throw new Error("There is no such rule");
    const left = tenants.map(async ({ tenant }) => {
      const { reports } = await rateLimiter(env, `tenant/${tenant}`).peek([{ policy, subject: "tenant" }]);
      return reports[0]?.remaining ?? 0;
    });
    expect((await Promise.all(left)).reduce((sum, each) => sum + 1_000 - each, 0)).toBe(50);
  });

  it("hot and used up: is refused by the edge, and then counted on no tenant", async () => {
    const [one] = principals;
    if (one === undefined) throw new Error("There are no tenants");
    const rules = [
      ONLY_GLOBAL,
      { name: "global", enabled: true, algorithm: "fixed-window", limit: 100 },
      { name: "tenant", enabled: true, algorithm: "fixed-window", limit: 100_000 },
    ];
    const { all, clock, calls } = await edges(rules, ["global", `tenant/${one.tenant}`]);
    let accepted = 0;
    for (let sent = 0; sent < 2_000; sent += 1) {
      clock.nowMs = START_MS + Math.floor(sent / 10);
      const verdict = await all[0]?.principal(one, REQUEST);
      if (verdict?.kind === "allowed") accepted += 1;
    }
    expect(accepted).toBe(100);
    // One refusal is left to the edge for 250 ms, which is longer than this takes.
    expect([calls.get("global"), calls.get(`refund tenant/${one.tenant}`)]).toEqual([101, 1]);
  });

  it("comes after the tenant's own: what that refuses is not counted on all", async () => {
    const [one, two] = principals;
    if (one === undefined || two === undefined) throw new Error("There are no tenants");
    const rules = [
      ONLY_GLOBAL,
      { name: "global", enabled: true, algorithm: "fixed-window", limit: 4 },
      { name: "tenant", enabled: true, algorithm: "fixed-window", limit: 3 },
    ];
    const { all } = await edges(rules, ["global", `tenant/${one.tenant}`, `tenant/${two.tenant}`]);
    const kinds: string[] = [];
    for (const principal of [one, one, one, one, one, two, two]) {
      kinds.push((await all[0]?.principal(principal, REQUEST))?.kind ?? "");
    }
    expect(kinds).toEqual(["allowed", "allowed", "allowed", "limited", "limited", "allowed", "limited"]);
  });
});
