import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { rateLimiter } from "../../../durable-objects/addresses.ts";
import type { LimitPolicy } from "../../../shared/core/rate-limit/rule.ts";
import { EdgeLeases } from "./edge-leases.ts";

const START_MS = 1_800_000_000_000;
const EDGES = 8;
const PER_SECOND = 5_000;
const SECONDS = 60;

/** 5,000 requests per second for 60 seconds, in turn at eight edges that share one tenant's limit. */
async function burn(scope: string, given: Partial<LimitPolicy>): Promise<{ accepted: number; calls: number }> {
  let nowMs = START_MS;
  await runInDurableObject(env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(scope)), (instance) => {
    instance.clock = () => nowMs;
  });
  const limiter = rateLimiter(env, scope);
  let calls = 0;
  const counted: Pick<typeof limiter, "take"> = {
    take: (asks, edge) => {
      calls += 1;
      return limiter.take(asks, edge);
    },
  };
  const policy: LimitPolicy = {
    name: "tenant",
    algorithm: "token-bucket",
    limit: 240_000,
    windowMs: 60_000,
    burst: 4_000,
    penalty: null,
    ...given,
  };
  const edges = Array.from({ length: EDGES }, (_, index) => new EdgeLeases(`edge-${index}`, () => nowMs));
  let accepted = 0;
  for (let sent = 0; sent < PER_SECOND * SECONDS; sent += 1) {
    nowMs = START_MS + Math.floor((sent * 1_000) / PER_SECOND);
    const answer = await edges[sent % EDGES]?.take(scope, counted, [{ policy, subject: "tenant" }]);
    if (answer?.allowed === true) accepted += 1;
  }
  return { accepted, calls };
}

const ONE_PERCENT_OF_REQUESTS = (PER_SECOND * SECONDS) / 100;

describe("a hot tenant over eight edges", () => {
  it(
    "token bucket: within 1 % of the exact count, with at most 1 % of the requests as questions",
    { timeout: 120_000 },
    async () => {
      const { accepted, calls } = await burn("ten_hot_bucket", {});
      // 4,000 at once and 4,000 per second until 59,999 ms.
      expect(accepted / 243_999).toBeGreaterThan(0.99);
      expect(accepted).toBeLessThanOrEqual(243_999);
      expect(calls).toBeLessThanOrEqual(ONE_PERCENT_OF_REQUESTS);
    },
  );

  it("sliding window: the same", { timeout: 120_000 }, async () => {
    const { accepted, calls } = await burn("ten_hot_sliding", {
      algorithm: "sliding-window",
      limit: 240_000,
      burst: null,
    });
    expect(accepted / 240_000).toBeGreaterThan(0.99);
    expect(accepted).toBeLessThanOrEqual(240_000);
    expect(calls).toBeLessThanOrEqual(ONE_PERCENT_OF_REQUESTS);
  });

  it("fixed window: the same, and never more than the limit in a window", { timeout: 120_000 }, async () => {
    const { accepted, calls } = await burn("ten_hot_fixed", {
      algorithm: "fixed-window",
      limit: 240_000,
      windowMs: 60_000,
      burst: null,
    });
    expect(accepted / 240_000).toBeGreaterThan(0.99);
    expect(accepted).toBeLessThanOrEqual(240_000);
    expect(calls).toBeLessThanOrEqual(ONE_PERCENT_OF_REQUESTS);
  });
});
