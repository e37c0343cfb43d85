/** Limits that an operator sets, on the real object: when they hold, what they count on, what is left of them. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { LimitAsk } from "../../shared/contracts/rate-limit.ts";
import type { Override } from "../../shared/core/rate-limit/override.ts";
import type { LimitPolicy } from "../../shared/core/rate-limit/rule.ts";
import { rateLimiter } from "../addresses.ts";
import { LEASE_MS } from "./lease-book.ts";

const START_MS = 1_800_000_000_000;
const RULE: LimitPolicy = {
  name: "test",
  algorithm: "fixed-window",
  limit: 3,
  windowMs: 60_000,
  burst: null,
  penalty: null,
};
const on = (subject: string, given: Partial<LimitPolicy> = {}): LimitAsk => ({
  policy: { ...RULE, ...given },
  subject,
});
const override = (
  subject: string,
  policy: Partial<LimitPolicy>,
  expiresAtMs: number | null = null,
): Omit<Override, "version"> => {
  const { name: rule, ...rest } = { ...RULE, ...policy };
  return { rule, subject, policy: rest, expiresAtMs };
};

const objectOf = (scope: string) => env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(scope));
async function limiterAt(scope: string, clock: () => number) {
  await runInDurableObject(objectOf(scope), (instance) => {
    instance.clock = clock;
  });
  return rateLimiter(env, scope);
}
const tablesOf = (scope: string): Promise<unknown[]> =>
  runInDurableObject(objectOf(scope), (_instance, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'overrides'").toArray(),
  );

describe("overrides of a limiter", () => {
  it("hold from the answer on: the subject before its kind before the rule, over an eviction", async () => {
    const limiter = await limiterAt("ten_over", () => START_MS);
    await limiter.putOverride(override("user:*", { limit: 10 }), null);
    await limiter.putOverride(override("user:usr_1", { limit: 20 }), null);
    const asks = [on("user:usr_1"), on("user:usr_2"), on("key:key_1")];
    expect((await limiter.peek(asks)).reports.map(({ limit }) => limit)).toEqual([20, 10, 3]);
    await evictDurableObject(objectOf("ten_over"));
    const again = await limiterAt("ten_over", () => START_MS);
    expect((await again.peek(asks)).reports.map(({ limit }) => limit)).toEqual([20, 10, 3]);
    expect(await again.deleteOverride("test", "user:usr_1", null)).toMatchObject({ value: { policy: { limit: 20 } } });
    expect(await again.deleteOverride("test", "user:usr_1", null)).toEqual({ ok: true, value: null });
    expect((await again.peek(asks)).reports.map(({ limit }) => limit)).toEqual([10, 10, 3]);
  });

  it("count on from what was counted, whatever of the policy they change", async () => {
    const limiter = await limiterAt("ten_counted", () => START_MS);
    const bucket = { algorithm: "token-bucket", limit: 100, burst: 40 } as const;
    const ask = [on("tenant", bucket)];
    for (let n = 0; n < 10; n += 1) await limiter.take(ask, null);
    const left = async (): Promise<number | undefined> => (await limiter.peek(ask)).reports[0]?.remaining;
    expect(await left()).toBe(30);
    // Of another window: 30 whole tokens are 30 whole tokens.
    await limiter.putOverride(override("tenant", { ...bucket, windowMs: 1_000 }), null);
    expect(await left()).toBe(30);
    await limiter.putOverride(override("tenant", { ...bucket, burst: 12 }), null);
    expect(await left()).toBe(12);
    await limiter.deleteOverride("test", "tenant", null);
    expect(await left()).toBe(30);
  });

  it("leave nothing once they have ended", async () => {
    let nowMs = START_MS;
    const limiter = await limiterAt("ten_ended", () => nowMs);
    await limiter.putOverride(override("tenant", { limit: 9 }, START_MS + 3_600_000), null);
    nowMs = START_MS + 3_600_000;
    expect(await limiter.overrides()).toEqual([]);
    expect(await tablesOf("ten_ended")).toHaveLength(1);
    await runInDurableObject(objectOf("ten_ended"), async (instance, { storage }) => {
      expect(await storage.getAlarm()).not.toBeNull();
      await instance.alarm();
      expect(await storage.getAlarm()).toBeNull();
    });
    expect(await tablesOf("ten_ended")).toEqual([]);
  });

  it("stay when all counts are over, for as long as they were set, and the alarm waits for their end", async () => {
    let nowMs = START_MS;
    const limiter = await limiterAt("ten_stays", () => nowMs);
    await limiter.putOverride(override("tenant", { limit: 9 }, START_MS + 3_600_000), null);
    await limiter.take([on("tenant")], null);
    nowMs = START_MS + 600_000;
    await runInDurableObject(objectOf("ten_stays"), async (instance, { storage }) => {
      await storage.deleteAlarm();
      await instance.alarm();
      expect(storage.sql.exec("SELECT rule FROM states").toArray()).toEqual([]);
      expect(await storage.getAlarm()).toBe(START_MS + 3_600_000);
    });
    expect((await limiter.peek([on("tenant")])).reports[0]).toMatchObject({ limit: 9, remaining: 9 });
  });

  it("are at most a thousand", { timeout: 60_000 }, async () => {
    const limiter = await limiterAt("ten_many", () => START_MS);
    await runInDurableObject(objectOf("ten_many"), async (instance) => {
      for (let n = 0; n < 1_000; n += 1) await instance.putOverride(override(`user:usr_${n}`, { limit: 9 }), null);
    });
    expect(await limiter.putOverride(override("user:usr_1000", { limit: 9 }), null)).toMatchObject({
      error: { code: "quota_exceeded" },
    });
    expect(await limiter.putOverride(override("user:usr_7", { limit: 8 }), null)).toMatchObject({ ok: true });
  });

  it("are read by an object whose tables are of an earlier release", async () => {
    await runInDurableObject(objectOf("ten_earlier"), (_instance, { storage }) => {
      const { sql } = storage;
      sql.exec("CREATE TABLE schema_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)");
      sql.exec("INSERT INTO schema_version VALUES (1, 1)");
      sql.exec(
        "CREATE TABLE states (subject TEXT NOT NULL, rule TEXT NOT NULL, state TEXT NOT NULL, forgotten_at INTEGER NOT NULL, PRIMARY KEY (subject, rule)) WITHOUT ROWID",
      );
      sql.exec(
        "CREATE TABLE overrides (rule TEXT NOT NULL, subject TEXT NOT NULL, unit_limit INTEGER NOT NULL, burst INTEGER, PRIMARY KEY (rule, subject)) WITHOUT ROWID",
      );
      // Two of five tokens, in units of a 60,000th.
      const state = { counter: { kind: "token-bucket", units: 120_000, atMs: START_MS }, penalty: null };
      sql.exec("INSERT INTO states VALUES ('tenant', 'test', ?, ?)", JSON.stringify(state), START_MS + 60_000);
    });
    await evictDurableObject(objectOf("ten_earlier"));
    const limiter = await limiterAt("ten_earlier", () => START_MS);
    const ask = [on("tenant", { algorithm: "token-bucket", limit: 5 })];
    expect((await limiter.peek(ask)).reports[0]?.remaining).toBe(2);
    await limiter.putOverride(override("tenant", { limit: 5, algorithm: "token-bucket", burst: 1 }), null);
    expect((await limiter.peek(ask)).reports[0]?.remaining).toBe(1);
  });
});

describe("forgetting what is counted", () => {
  const hot = { algorithm: "fixed-window", limit: 100_000 } as const;

  it("is for one subject or for all, penalties included", async () => {
    const limiter = await limiterAt("ten_forget", () => START_MS);
    const punished = { limit: 1, penalty: { durationMs: 100_000, multiplier: 3 } };
    const both = [on("tenant"), on("user:usr_1", punished)];
    for (let n = 0; n < 2; n += 1) await limiter.take(both, null);
    expect((await limiter.peek(both)).reports.map(({ remaining }) => remaining)).toEqual([2, 0]);
    expect(await limiter.reset("user:usr_1")).toBe(1);
    expect((await limiter.peek(both)).reports.map(({ remaining }) => remaining)).toEqual([2, 1]);
    expect(await limiter.reset(null)).toBe(1);
    expect((await limiter.peek(both)).reports.map(({ remaining }) => remaining)).toEqual([3, 1]);
  });

  it("takes no unit back that was counted before it", async () => {
    let nowMs = START_MS;
    const limiter = await limiterAt("ten_leased", () => nowMs);
    const ask = [on("tenant", hot)];
    const edge = { edgeId: "e", used: 0, unused: null };
    let lease: { units: number; grantedAtMs: number } | null = null;
    while (lease === null) ({ lease } = await limiter.take(ask, edge));
    await limiter.reset(null);
    for (let n = 0; n < 100; n += 1) await limiter.take(ask, { ...edge, edgeId: "other" });
    const back = await limiter.take(ask, { ...edge, unused: { units: lease.units, grantedAtMs: lease.grantedAtMs } });
    expect(back.reports[0]?.remaining).toBe(100_000 - 101);
    // Edges may still spend leases of before: new ones wait until those are over.
    expect(back.lease).toBeNull();
    nowMs += LEASE_MS;
    expect((await limiter.take(ask, { ...edge, used: 100 })).lease).not.toBeNull();
  });
});
