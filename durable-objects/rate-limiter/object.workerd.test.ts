import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { LimitAsk } from "../../shared/contracts/rate-limit.ts";
import type { LimitPolicy } from "../../shared/core/rate-limit/rule.ts";
import { rateLimiter } from "../addresses.ts";

const policy = (given: Partial<LimitPolicy>): LimitPolicy => ({
  name: "test",
  algorithm: "fixed-window",
  limit: 3,
  windowMs: 60_000,
  burst: null,
  penalty: null,
  ...given,
});
const on = (subject: string, given: Partial<LimitPolicy> = {}): LimitAsk => ({ policy: policy(given), subject });
const START_MS = 1_800_000_000_000;

const objectOf = (scope: string) => env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(scope));

/** The object's clock, in the test's hands; set again after an eviction. */
async function limiterAt(scope: string, clock: () => number) {
  await runInDurableObject(objectOf(scope), (instance) => {
    instance.clock = clock;
  });
  return rateLimiter(env, scope);
}

const CLIENTS = 64;

/** The object's clock advances by 1 ms with every 20 requests that it counts: request n is counted at ms n / 20. */
function countingClock(): () => number {
  let counted = 0;
  return () => START_MS + Math.floor(counted++ / 20);
}

/** 64 clients at once, each waiting for its answer before it asks again; how many requests were accepted. */
async function storm(take: () => Promise<{ allowed: boolean }>, requests: number): Promise<number> {
  let sent = 0;
  let accepted = 0;
  const client = async (): Promise<void> => {
    while (sent < requests) {
      sent += 1;
      if ((await take()).allowed) accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return accepted;
}

/** Moments 0 to 9,999 ms. */
const inTheRuntime = (scope: string, given: Partial<LimitPolicy>): Promise<number> =>
  runInDurableObject(objectOf(scope), (instance) => {
    instance.clock = countingClock();
    return storm(() => instance.take([on("tenant", given)], null), 200_000);
  });

describe("RateLimiter: 64 clients, 200,000 requests in ten seconds", () => {
  it("token bucket: the burst, and what was refilled until the last moment", { timeout: 120_000 }, async () => {
    // 500 + floor(9,999 ms × 6,000 / 60,000 ms)
    expect(await inTheRuntime("ten_bucket", { algorithm: "token-bucket", limit: 6_000, burst: 500 })).toBe(1_499);
  });

  it("sliding window: the limit, and again as its units leave", { timeout: 120_000 }, async () => {
    // 40 a window of 3,000 ms, all of them taken in its first two milliseconds: at 0, 3, 6 and 9 s.
    const given = { algorithm: "sliding-window", limit: 40, windowMs: 3_000 } as const;
    expect(await inTheRuntime("ten_sliding", given)).toBe(160);
  });

  it("fixed window: the limit in each of the windows that begin", { timeout: 120_000 }, async () => {
    expect(await inTheRuntime("ten_fixed", { limit: 700, windowMs: 2_000 })).toBe(3_500);
  });
});

describe("RateLimiter", () => {
  it("counts on all limits or on none", async () => {
    const limiter = await limiterAt("ten_all", () => START_MS);
    const both = [on("tenant", { name: "wide", limit: 5 }), on("user:usr_1", { name: "narrow", limit: 2 })];
    await limiter.take(both, null);
    await limiter.take(both, null);
    const refused = await limiter.take(both, null);
    expect(refused).toMatchObject({ allowed: false, mostRestrictive: 1 });
    expect(refused.reports.map(({ remaining }) => remaining)).toEqual([3, 0]);
  });

  it("does not forget by eviction, and keeps tenants apart", async () => {
    const limiter = await limiterAt("ten_kept", () => START_MS);
    for (let n = 0; n < 3; n += 1) await limiter.take([on("tenant")], null);
    await evictDurableObject(objectOf("ten_kept"));
    const again = await limiterAt("ten_kept", () => START_MS + 1);
    expect(await again.take([on("tenant")], null)).toMatchObject({
      allowed: false,
      reports: [{ retryAfterMs: 59_999 }],
    });
    const other = await limiterAt("ten_other", () => START_MS + 1);
    expect(await other.take([on("tenant")], null)).toMatchObject({ allowed: true, reports: [{ remaining: 2 }] });
  });

  it("peeks without counting or writing, refunds and resets", async () => {
    const limiter = await limiterAt("ten_peek", () => START_MS);
    expect(await limiter.peek([on("tenant")])).toMatchObject({
      allowed: true,
      reports: [{ remaining: 3, resetMs: 0 }],
    });
    await runInDurableObject(objectOf("ten_peek"), (_instance, state) => {
      expect(state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'states'").toArray()).toEqual([]);
    });
    for (let n = 0; n < 4; n += 1) await limiter.take([on("tenant")], null);
    await limiter.refund([on("tenant")], START_MS);
    expect((await limiter.peek([on("tenant")])).reports[0]?.remaining).toBe(1);
    expect(await limiter.reset("tenant")).toBe(1);
    expect((await limiter.peek([on("tenant")])).reports[0]?.remaining).toBe(3);
  });

  it("punishes longer each time, not for knocking meanwhile, and over an eviction", async () => {
    let nowMs = START_MS;
    const limiter = await limiterAt("ten_penal", () => nowMs);
    const ask = [on("address", { limit: 1, penalty: { durationMs: 100_000, multiplier: 3 } })];
    const wait = async (): Promise<number | undefined> => (await limiter.take(ask, null)).reports[0]?.retryAfterMs;
    expect([await wait(), await wait(), await wait()]).toEqual([60_000, 100_000, 100_000]);
    nowMs += 99_000;
    expect(await wait()).toBe(1_000);
    nowMs += 1_000;
    expect([await wait(), await wait()]).toEqual([20_000, 300_000]);
    await evictDurableObject(objectOf("ten_penal"));
    await limiterAt("ten_penal", () => nowMs);
    expect(await wait()).toBe(300_000);
  });

  it("S1: leaves nothing when all is over", async () => {
    let nowMs = START_MS;
    const limiter = await limiterAt("address/203.0.113.9", () => nowMs);
    await limiter.take([on("address")], null);
    nowMs += 60_001;
    await runInDurableObject(objectOf("address/203.0.113.9"), async (instance, state) => {
      expect(await state.storage.getAlarm()).not.toBeNull();
      await instance.alarm();
      expect(state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'states'").toArray()).toEqual([]);
      expect(await state.storage.getAlarm()).toBeNull();
    });
    expect((await limiter.take([on("address")], null)).reports[0]?.remaining).toBe(2);
  });
});
