import { describe, expect, it } from "vitest";
import type { LimitAsk, RateLimiterRpc } from "../../../shared/contracts/rate-limit.ts";
import type { Principal } from "../../../shared/contracts/principal.ts";
import { reportOf } from "../../../shared/core/rate-limit/report.ts";
import { type RuleState, takeAll } from "../../../shared/core/rate-limit/take-all.ts";
import { createLimits } from "./limits.ts";

/** One limiter that keeps its states in memory. */
function world() {
  const states = new Map<string, RuleState>();
  const clock = { nowMs: 1_000_000 };
  const name = ({ policy, subject }: LimitAsk): string => `${policy.name} ${subject}`;
  const unused = (): never => {
    throw new Error("not asked here");
  };
  const take = async (asks: readonly LimitAsk[]) => {
    const known = asks.map((ask) => ({ policy: ask.policy, state: states.get(name(ask)) ?? null, cost: 1 }));
    const { decisions, ...verdict } = takeAll(known, clock.nowMs);
    const reports = decisions.map((each, index) => {
      states.set(name(asks[index]!), each.state);
      return reportOf(each, asks[index]!.policy, asks[index]!.subject);
    });
    return { ...verdict, atMs: clock.nowMs, reports, lease: null, refuseForMs: 0 };
  };
  const limiter = (): RateLimiterRpc => ({
    take,
    peek: unused,
    reset: unused,
    refund: unused,
    overrides: unused,
    putOverride: unused,
    deleteOverride: unused,
  });
  const limits = createLimits({ rules: [], limiter, edgeId: "e", now: () => clock.nowMs, timeoutMs: 1_000 });
  const ask = async (principal: Principal): Promise<string> =>
    (await limits.principal(principal, { method: "GET", route: "/v1/assets" })).kind;
  return { clock, ask, limits };
}

const key = (id: string, over: Partial<Principal> = {}): Principal => ({
  tenant: "ten_one1",
  actor: { kind: "api-key", id },
  permissions: ["*"],
  ...over,
});

describe("a key's own limit", () => {
  it("lets no more than its requests through in any window, and nobody else's count", async () => {
    const { ask, clock } = world();
    const slow = key("key_slow", { keyLimit: { limit: 2, windowSeconds: 60 } });
    expect([await ask(slow), await ask(slow), await ask(slow)]).toEqual(["allowed", "allowed", "limited"]);
    expect(await ask(key("key_other", { keyLimit: { limit: 2, windowSeconds: 60 } }))).toBe("allowed");
    expect(await ask(key("key_free", { keyLimit: null }))).toBe("allowed");
    clock.nowMs += 59_000;
    expect(await ask(slow)).toBe("limited");
    clock.nowMs += 2_000;
    expect(await ask(slow)).toBe("allowed");
  });

  it("counts on when it is changed", async () => {
    const { ask } = world();
    const before = key("key_slow", { keyLimit: { limit: 2, windowSeconds: 60 } });
    expect([await ask(before), await ask(before)]).toEqual(["allowed", "allowed"]);
    const after = key("key_slow", { keyLimit: { limit: 3, windowSeconds: 3_600 } });
    expect([await ask(after), await ask(after)]).toEqual(["allowed", "limited"]);
  });
});
