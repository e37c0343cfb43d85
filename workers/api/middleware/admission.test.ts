import { describe, expect, it, vi } from "vitest";
import type { LimitAnswer, LimitAsk, RateLimiterRpc } from "../../../shared/contracts/rate-limit.ts";
import { limitRules } from "../../../shared/core/rate-limit/default-rules.ts";
import { createLimits } from "../../access/limits/limits.ts";
import { makeWorld } from "../fakes/world.ts";

vi.spyOn(console, "log").mockReturnValue(undefined);

const START_MS = 1_800_000_000_000;

/** Limiters that lease `units` for a second, with 40 beside them and a minute until all is there again. */
function leasingWorld(units: number, fails: (scope: string) => boolean = () => false, setting = "") {
  const clock = { nowMs: START_MS };
  const asked: { scope: string; rules: string[]; used: number | undefined }[] = [];
  const unused = (): never => {
    throw new Error("not asked here");
  };
  const limiter = (scope: string): RateLimiterRpc => ({
    take: async (asks: readonly LimitAsk[], edge): Promise<LimitAnswer> => {
      if (fails(scope)) throw new Error("The object is not there");
      asked.push({ scope, rules: asks.map(({ policy }) => policy.name), used: edge?.used });
      return {
        allowed: true,
        atMs: clock.nowMs,
        reports: asks.map(({ policy: { name, limit, windowMs }, subject }) => ({
          rule: name,
          subject,
          limit,
          windowMs,
          remaining: 40,
          resetMs: 60_000,
          retryAfterMs: 0,
          penalised: false,
        })),
        mostRestrictive: 0,
        lease: { units, leaseMs: 1_000, grantedAtMs: clock.nowMs },
        refuseForMs: 0,
      };
    },
    peek: unused,
    refund: unused,
    reset: unused,
    overrides: unused,
    putOverride: unused,
    deleteOverride: unused,
  });
  const limits = createLimits({
    rules: limitRules(setting),
    limiter,
    edgeId: "e",
    now: () => clock.nowMs,
    timeoutMs: 100,
  });
  const { call } = makeWorld({ limits });
  const told = async (key: string | null = "key-of-one") => {
    const { status, headers } = await call("/v1/assets", { key });
    return { status, says: headers.get("ratelimit"), policy: headers.get("ratelimit-policy") };
  };
  return { clock, asked, told, call };
}

describe("HEAD", () => {
  it("is let in where GET is open, and counted by the limit that guesses have", async () => {
    const { clock, asked, call } = leasingWorld(3);
    const path = "/v1/auth/oidc/nobody/callback?state=x&code=x";
    const get = await call(path, { key: null });
    clock.nowMs += 1_000; // No lease covers the next.
    const head = await call(path, { key: null, method: "HEAD" });
    expect([get.status, head.status]).toEqual([404, 404]);
    expect(asked.filter(({ rules }) => rules.includes("auth"))).toHaveLength(2);
  });

  it("is refused without a credential where GET is", async () => {
    const { call } = leasingWorld(3);
    expect((await call("/v1/assets", { key: null, method: "HEAD" })).status).toBe(401);
  });
});

describe("a request that leases cover", () => {
  it("asks nobody, and is told what is left of lease and limit, and the shorter wait", async () => {
    const { clock, asked, told } = leasingWorld(3);
    const policy = '"key";q=1200;w=60;qu="requests", "tenant";q=6000;w=60;qu="requests"';
    expect(await told()).toEqual({ status: 200, says: '"key";r=40;t=60', policy });
    clock.nowMs += 400;
    expect(await told()).toEqual({ status: 200, says: '"key";r=42;t=60', policy });
    clock.nowMs += 599;
    expect(await told()).toEqual({ status: 200, says: '"key";r=41;t=60', policy });
    expect(asked.map(({ scope }) => scope)).toEqual(["address/local", "tenant/ten_one1"]);
  });

  it("asks again when the lease is over, and says how much it has used", async () => {
    const { clock, asked, told } = leasingWorld(3);
    for (let sent = 0; sent < 3; sent += 1) await told();
    clock.nowMs += 1_000;
    await told();
    expect(asked.map(({ scope, used }) => [scope, used])).toEqual([
      ["address/local", 0],
      ["tenant/ten_one1", 0],
      ["address/local", 2],
      ["tenant/ten_one1", 2],
    ]);
  });

  it("is never one of another tenant, or of another key of the same", async () => {
    const { asked, told } = leasingWorld(3);
    const keys = ["key-of-one", "key-of-two", "key-to-read", "key-of-one"];
    for (const key of keys) expect(await told(key)).toMatchObject({ status: 200 });
    const ofOne = "tenant/ten_one1";
    expect(asked.map(({ scope }) => scope)).toEqual(["address/local", ofOne, "tenant/ten_two2", ofOne]);
  });
});

describe("an answer", () => {
  it("to a credential that opens nothing tells the limit of the address, and counts on nobody else", async () => {
    const { asked, told } = leasingWorld(3);
    const policy = '"address";q=3000;w=60;qu="requests"';
    expect(await told("nobody")).toEqual({ status: 401, says: '"address";r=40;t=60', policy });
    expect(await told(null)).toEqual({ status: 401, says: '"address";r=42;t=60', policy });
    expect(asked.map(({ rules }) => rules)).toEqual([["address"]]);
  });

  it("tells the limit of the address when those of the caller cannot be told", async () => {
    const closed = JSON.stringify([{ name: "tenant", onFailure: "closed" }]);
    const { told } = leasingWorld(3, (scope) => scope.startsWith("tenant/"), closed);
    expect(await told()).toMatchObject({ status: 503, says: '"address";r=40;t=60' });
  });
});
