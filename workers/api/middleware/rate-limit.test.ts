import { Hono } from "hono";
import { parseList } from "structured-headers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LimitAnswer, LimitAsk, RateLimiterRpc } from "../../../shared/contracts/rate-limit.ts";
import { limitRules } from "../../../shared/core/rate-limit/default-rules.ts";
import { reportOf } from "../../../shared/core/rate-limit/report.ts";
import { type RuleState, takeAll } from "../../../shared/core/rate-limit/take-all.ts";
import { createLimits } from "../../access/limits/limits.ts";
import type { ApiEnv } from "../deps.ts";
import { makeWorld } from "../fakes/world.ts";
import { ROUTES } from "../routes/table.ts";
import { admission } from "./admission.ts";
import { loginSucceeded } from "./rate-limit.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

/** Limiters that count in memory with the same algorithms, and list what they were asked. */
function limitedWorld(setting: object[], broken: (scope: string) => boolean = () => false) {
  const states = new Map<string, RuleState>();
  const asked: string[] = [];
  const refunds: { scope: string; rules: string[]; takenAtMs: number }[] = [];
  const clock = { nowMs: 1_800_000_000_000 };
  const limiter = (scope: string): RateLimiterRpc => {
    const take = async (asks: readonly LimitAsk[]): Promise<LimitAnswer> => {
      asked.push(scope);
      if (broken(scope)) throw new Error("The object is not there");
      const keys = asks.map(({ policy, subject }) => `${scope} ${subject} ${policy.name}`);
      const verdict = takeAll(
        asks.map(({ policy }, index) => ({ policy, state: states.get(keys[index]!) ?? null, cost: 1 })),
        clock.nowMs,
      );
      for (const [index, { state }] of verdict.decisions.entries()) states.set(keys[index]!, state);
      const reports = verdict.decisions.map((decision, index) =>
        reportOf(decision, asks[index]!.policy, asks[index]!.subject),
      );
      const { allowed, mostRestrictive } = verdict;
      return { allowed, atMs: clock.nowMs, reports, mostRestrictive, lease: null, refuseForMs: 0 };
    };
    const refund = async (asks: readonly LimitAsk[], takenAtMs: number): Promise<void> => {
      refunds.push({ scope, rules: asks.map(({ policy }) => policy.name), takenAtMs });
    };
    const unused = (): never => {
      throw new Error("not asked here");
    };
    return {
      take,
      peek: unused,
      refund,
      reset: unused,
      overrides: unused,
      putOverride: unused,
      deleteOverride: unused,
    };
  };
  const rules = limitRules(JSON.stringify(setting));
  const limits = createLimits({ rules, limiter, edgeId: "e", now: () => clock.nowMs, timeoutMs: 100 });
  return { ...makeWorld({ limits }), limits, asked, refunds, clock, states };
}

const from = (address: string): RequestInit => ({ headers: { "cf-connecting-ip": address } });

describe("limits of a request", () => {
  it("says the policies and the most restrictive limit in structured fields", async () => {
    const { call } = limitedWorld([{ name: "key", limit: 1_200, burst: 200 }]);
    const { status, headers } = await call("/v1/assets");
    expect(status).toBe(200);
    expect(parseList(headers.get("ratelimit-policy") ?? "").map(([name, parameters]) => [name, ...parameters])).toEqual(
      [
        ["key", ["q", 1_200], ["w", 60], ["qu", "requests"]],
        ["tenant", ["q", 6_000], ["w", 60], ["qu", "requests"]],
      ],
    );
    expect(parseList(headers.get("ratelimit") ?? "").map(([name, parameters]) => [name, ...parameters])).toEqual([
      ["key", ["r", 199], ["t", 1]],
    ]);
  });

  it("refuses with 429, a code, and the seconds to wait counted from now", async () => {
    const { call } = limitedWorld([{ name: "key", algorithm: "fixed-window", limit: 2, windowMs: 45_000 }]);
    await call("/v1/assets");
    await call("/v1/assets");
    const refused = await call("/v1/assets");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.headers.get("retry-after")).toBe("45");
    expect(refused.headers.get("ratelimit")).toBe('"key";r=0;t=45');
    expect(await refused.json()).toMatchObject({ code: "rate_limited", status: 429 });
  });

  it("takes one unit for a request that passes, of each limit", async () => {
    const { call, states } = limitedWorld([{ name: "tenant", algorithm: "fixed-window", limit: 10 }]);
    await call("/v1/assets");
    expect(states.get("tenant/ten_one1 tenant tenant")?.counter).toMatchObject({ used: 1 });
  });

  it("counts an address by what the platform says, never by a header of the client", async () => {
    const { call } = limitedWorld([{ name: "address", algorithm: "fixed-window", limit: 1 }]);
    const spoofed = (n: number) => ({
      headers: { "cf-connecting-ip": "203.0.113.7", "x-forwarded-for": `10.0.0.${n}` },
    });
    expect([(await call("/v1/assets", spoofed(1))).status, (await call("/v1/assets", spoofed(2))).status]).toEqual([
      200, 429,
    ]);
    expect((await call("/v1/assets", from("203.0.113.8"))).status).toBe(200);
    // One network of IPv6, whatever address its owner picks.
    expect((await call("/v1/assets", from("2001:db8:1:2:aaaa::1"))).status).toBe(200);
    expect((await call("/v1/assets", from("2001:DB8:1:2::99"))).status).toBe(429);
  });

  it("never counts on an owner what comes without valid credentials", async () => {
    const { call, asked } = limitedWorld([]);
    for (let n = 0; n < 5; n += 1) expect((await call("/v1/assets", { key: "key_one" })).status).toBe(401);
    expect(asked).toEqual(Array.from({ length: 5 }, () => "address/local"));
  });

  it("opens or closes when a limiter does not answer, as the rule says", async () => {
    const down = (scope: string): boolean => scope.startsWith("tenant/");
    expect((await limitedWorld([], down).call("/v1/assets")).status).toBe(200);
    const closed = await limitedWorld([{ name: "tenant", onFailure: "closed" }], down).call("/v1/assets");
    expect([closed.status, closed.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await closed.json()).toMatchObject({ code: "limits_unavailable" });
  });

  it("counts everybody's requests on one global account, after authentication only", async () => {
    const { call, asked } = limitedWorld([{ name: "global", enabled: true, algorithm: "fixed-window", limit: 3 }]);
    await call("/v1/assets", { key: "nobody" });
    await call("/v1/assets");
    await call("/v1/assets", { key: "key-of-two" });
    expect(asked.filter((scope) => scope === "global")).toHaveLength(2);
  });

  it("gives back on the tenant what the global limit refuses", async () => {
    const rule = { name: "global", enabled: true, algorithm: "fixed-window", limit: 1 };
    const { call, refunds, clock } = limitedWorld([rule]);
    await call("/v1/assets");
    expect((await call("/v1/assets")).status).toBe(429);
    expect(refunds).toEqual([{ scope: "tenant/ten_one1", rules: ["key", "tenant"], takenAtMs: clock.nowMs }]);
  });

  it("gives back an attempt that was right, as of the moment when it was counted", async () => {
    const { limits, refunds, clock } = limitedWorld([]);
    const app = new Hono<ApiEnv>();
    app.use(async (c, next) => {
      c.set("route", "/v1/auth/login");
      await next();
    });
    app.use(admission({ limits, authenticate: () => null }, ROUTES));
    app.post("/v1/auth/login", async (c) => {
      clock.nowMs += 80;
      await loginSucceeded(c, { limits });
      return c.text("in");
    });
    const response = await app.request("/v1/auth/login", { method: "POST", ...from("203.0.113.7") });
    expect(response.headers.get("ratelimit")).toBe('"auth";r=9;t=900');
    expect(refunds).toEqual([{ scope: "address/203.0.113.7", rules: ["auth"], takenAtMs: 1_800_000_000_000 }]);
  });

  it.each(["token-bucket", "sliding-window", "fixed-window"])(
    "never refuses a client that obeys the fields: %s",
    async (algorithm) => {
      const { call, clock } = limitedWorld([
        { name: "key", algorithm, limit: 25, windowMs: 10_000, burst: algorithm === "token-bucket" ? 7 : null },
      ]);
      const statuses = new Set<number>();
      for (let sent = 0; sent < 300; sent += 1) {
        const { status, headers } = await call("/v1/assets");
        statuses.add(status);
        const [, parameters] = parseList(headers.get("ratelimit") ?? "")[0]!;
        if (parameters.get("r") === 0) clock.nowMs += Number(parameters.get("t")) * 1_000;
        else clock.nowMs += 13;
      }
      expect([...statuses]).toEqual([200]);
    },
  );
});
