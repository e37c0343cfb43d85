/** When an operator lowers the limit of a hot tenant: what edges still admit by the leases that they have. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { LEASE_MS } from "../../../durable-objects/rate-limiter/lease-book.ts";
import { rateLimiter } from "../../../durable-objects/addresses.ts";
import type { LimitPolicy } from "../../../shared/core/rate-limit/rule.ts";
import { EdgeLeases } from "./edge-leases.ts";

const START_MS = 1_800_000_000_000;
const EDGES = 8;

it.each(["token-bucket", "sliding-window", "fixed-window"] as const)(
  "%s: at most 1 percent of the limit before, for at most a second; then what is left of the new one, and no more",
  { timeout: 60_000 },
  async (algorithm) => {
    let nowMs = START_MS;
    const scope = `ten_lowered_${algorithm}`;
    await runInDurableObject(env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(scope)), (instance) => {
      instance.clock = () => nowMs;
    });
    const limiter = rateLimiter(env, scope);
    const rule: LimitPolicy = {
      name: "tenant",
      algorithm,
      limit: 240_000,
      windowMs: 60_000,
      burst: null,
      penalty: null,
    };
    const edges = Array.from({ length: EDGES }, (_, index) => new EdgeLeases(`edge-${index}`, () => nowMs));
    const send = async (requests: number): Promise<number> => {
      let admitted = 0;
      for (let sent = 0; sent < requests; sent += 1) {
        const answer = await edges[sent % EDGES]?.take(scope, limiter, [{ policy: rule, subject: "tenant" }]);
        if (answer?.allowed === true) admitted += 1;
      }
      return admitted;
    };
    expect(await send(10_000)).toBe(10_000);
    const { name: _, ...policy } = { ...rule, limit: 5_000 };
    await limiter.putOverride({ rule: "tenant", subject: "tenant", policy, expiresAtMs: null }, null);
    const after = await send(10_000);
    // A bucket held far more than the new one may: it is full, at 5,000. Of the windows 10,000 are used.
    const own = algorithm === "token-bucket" ? 5_000 : 0;
    expect(after).toBeGreaterThan(own);
    expect(after).toBeLessThanOrEqual(own + 2_400);
    nowMs += LEASE_MS;
    // 5,000 a minute are 83 in this second.
    expect(await send(1_000)).toBeLessThanOrEqual(algorithm === "token-bucket" ? 83 : 0);
  },
);
