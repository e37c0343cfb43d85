import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LimitAsk, RateLimiterRpc } from "../../../../shared/contracts/rate-limit.ts";
import { limitRules } from "../../../../shared/core/rate-limit/default-rules.ts";
import { reportOf } from "../../../../shared/core/rate-limit/report.ts";
import { peekAll } from "../../../../shared/core/rate-limit/take-all.ts";
import { createLimits } from "../../../access/limits/limits.ts";
import { makeWorld } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

function world() {
  const resets: string[] = [];
  const limiter = (scope: string): RateLimiterRpc => {
    const peek = async (asks: readonly LimitAsk[]) => {
      const { decisions, ...verdict } = peekAll(
        asks.map(({ policy }) => ({ policy, state: null, cost: 1 })),
        0,
      );
      const reports = decisions.map((each, index) => reportOf(each, asks[index]!.policy, asks[index]!.subject));
      return { ...verdict, atMs: 0, reports, lease: null, refuseForMs: 0 };
    };
    const unused = (): never => {
      throw new Error("not asked here");
    };
    const reset = async (subject: string): Promise<number> => resets.push(`${scope} ${subject}`);
    return { take: peek, peek, reset, refund: unused, overrides: unused, putOverride: unused, deleteOverride: unused };
  };
  const limits = createLimits({ rules: limitRules(""), limiter, edgeId: "e", now: () => 0, timeoutMs: 1_000 });
  return { ...makeWorld({ limits }), resets };
}

describe("rate limits", () => {
  it("tells the caller's limits, those of some requests among them", async () => {
    const { limits } = (await (await world().call("/v1/rate-limits")).json()) as { limits: object[] };
    expect(limits.map((each) => ("rule" in each ? each.rule : null))).toEqual(["rerun", "upload", "key", "tenant"]);
    expect(limits[2]).toEqual({
      rule: "key",
      subject: "key:key_one",
      limit: 1_200,
      windowMs: 60_000,
      remaining: 200,
      resetMs: 0,
      retryAfterMs: 0,
      penalised: false,
    });
  });

  it("lists the rules", async () => {
    const { rules } = (await (await world().call("/v1/rate-limits/rules")).json()) as { rules: object[] };
    expect(rules).toHaveLength(8);
    expect(rules[0]).toMatchObject({ name: "auth", limit: 10, windowMs: 900_000, onFailure: "closed" });
  });

  it("resets users and keys of the caller's own tenant, and not the tenant", async () => {
    const { call, resets } = world();
    const subject = "user:usr_01KA00000000000000000000V1";
    expect((await call(`/v1/rate-limits/${subject}`, { method: "DELETE" })).status).toBe(204);
    expect((await call(`/v1/rate-limits/${subject}`, { method: "DELETE", key: "key-of-two" })).status).toBe(204);
    expect((await call("/v1/rate-limits/tenant", { method: "DELETE" })).status).toBe(404);
    expect(resets).toEqual([`tenant/ten_one1 ${subject}`, `tenant/ten_two2 ${subject}`]);
  });
});
