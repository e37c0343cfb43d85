import { describe, expect, it } from "vitest";
import type { LimitAsk } from "../../../shared/contracts/rate-limit.ts";
import { DOORS, limitRules } from "../../../shared/core/rate-limit/default-rules.ts";
import { FakeRateLimiter } from "../../api/fakes/rate-limiter.ts";
import { createFailedAttempts } from "./failed-attempts.ts";

const REQUEST = { method: "POST", route: DOORS.callbacks };

function world() {
  const clock = { nowMs: 1_800_000_000_000 };
  const limiters = new Map<string, FakeRateLimiter>();
  const asked: string[][] = [];
  const { failed } = createFailedAttempts({
    rules: limitRules(""),
    limiter: (scope) => {
      const limiter = limiters.get(scope) ?? new FakeRateLimiter(() => clock.nowMs);
      limiters.set(scope, limiter);
      return {
        take: (asks: readonly LimitAsk[], edge) => {
          asked.push(asks.map(({ policy }) => policy.name));
          return limiter.take(asks, edge);
        },
      };
    },
    now: () => clock.nowMs,
    timeoutMs: 1_000,
  });
  return { failed, asked, clock };
}

describe("failed attempts of an address", () => {
  it("F3: are a question for each that is allowed and for each wait, however many come", async () => {
    const { failed, asked, clock } = world();
    for (let n = 0; n < 60; n += 1) expect(await failed("a", REQUEST)).toBeNull();
    for (let n = 0; n < 1_000; n += 1)
      expect(await failed("a", REQUEST)).toMatchObject({ rule: "doors", retryAfterMs: 60_000 });
    expect(asked).toHaveLength(61);
    clock.nowMs += 45_000;
    expect(await failed("a", REQUEST)).toMatchObject({ retryAfterMs: 15_000 });
    clock.nowMs += 14_999;
    expect(await failed("a", REQUEST)).toMatchObject({ retryAfterMs: 1 });
    expect(asked).toHaveLength(61);
    clock.nowMs += 1;
    expect(await failed("a", REQUEST)).toBeNull();
    expect(await failed("b", REQUEST)).toBeNull();
  });

  it("F2: are counted by the rule that names the door, not by that for all requests", async () => {
    const { failed, asked } = world();
    await failed("a", REQUEST);
    await failed("a", { method: "GET", route: DOORS.blobs });
    await failed("a", { method: "POST", route: "/v1/assets" });
    expect(asked).toEqual([["doors"], ["doors"]]);
  });
});
