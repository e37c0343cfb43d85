/**
 * 64 clients at once against one limiter in a real workerd: 200,000 requests over the object's RPC, 50,000 for each
 * policy, and 2,000 for each algorithm over HTTP through the API's middleware. What is accepted is the number that the
 * policy has by arithmetic. Of the storm's clock (test/gateway/limit-storm.ts) a millisecond is 20 requests.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleWorker } from "../../bench/build.ts";
import { Workerd } from "../../bench/workerd.ts";
import { LOOPBACK } from "../../local/ports.ts";

const CLIENTS = 64;
const OVER_RPC = 50_000;
const OVER_HTTP = 2_000;

type Policy = Readonly<{ algorithm: string; limit: number; windowMs: number; burst?: number }>;

let server: Workerd;
const at = (path: string): string => `http://${LOOPBACK}:${server.port}${path}`;
const rule = (policy: Policy) => ({ name: "test", scope: "tenant", burst: null, penalty: null, ...policy });

beforeAll(async () => {
  const bundle = await bundleWorker("limit-storm", "test/gateway/limit-storm.ts", "test/gateway/limit-storm.toml");
  server = await Workerd.start({
    name: "limit-storm",
    bundle,
    objects: { RATE_LIMITER: "RateLimiter" },
    text: { ENVIRONMENT: "dev" },
    json: {},
    queues: [],
  });
});
afterAll(() => server.stop());

describe("64 clients, 200,000 requests over RPC", () => {
  const storm = async (name: string, policy: Policy): Promise<unknown> => {
    const body = JSON.stringify({ rule: rule(policy), clients: CLIENTS, requests: OVER_RPC });
    return (await fetch(at(`/rpc/${encodeURIComponent(`tenant/ten_${name}`)}`), { method: "POST", body })).json();
  };

  it("token bucket: the burst, and what was refilled until the last moment", async () => {
    // 500 + floor(2,499 ms × 3,000 / 30,000 ms)
    const policy = { algorithm: "token-bucket", limit: 3_000, windowMs: 30_000, burst: 500 };
    expect(await storm("bucket", policy)).toEqual({ allowed: 749, passedMs: 2_499 });
  });

  it("sliding window: the limit, and again each time that its units leave", async () => {
    // From 0, 900 and 1,800 ms on.
    const policy = { algorithm: "sliding-window", limit: 40, windowMs: 900 };
    expect(await storm("sliding", policy)).toEqual({ allowed: 120, passedMs: 2_499 });
  });

  it("sliding window in slots: the limit, and again when the slot of its units has left", async () => {
    // From 0 on, in a slot that ends with 29 ms; from 29 + 1,920 ms on; next from 3,869 ms on at the earliest.
    const policy = { algorithm: "sliding-window", limit: 100, windowMs: 1_920 };
    expect(await storm("slots", policy)).toEqual({ allowed: 200, passedMs: 2_499 });
  });

  it("fixed window: the limit in each of the five windows that begin", async () => {
    const policy = { algorithm: "fixed-window", limit: 700, windowMs: 500 };
    expect(await storm("fixed", policy)).toEqual({ allowed: 3_500, passedMs: 2_499 });
  });
});

describe("64 clients over HTTP, through the middleware", () => {
  async function storm(name: string, policy: Policy) {
    await fetch(at(`/open/ten_${name}`), { method: "POST", body: JSON.stringify(rule(policy)) });
    const statuses: Record<number, number> = {};
    let left = OVER_HTTP;
    const client = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const answer = await fetch(at(`/behind/ten_${name}`), { headers: { authorization: "Bearer key" } });
        await answer.arrayBuffer();
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return { statuses, ...((await (await fetch(at("/passed"))).json()) as object) };
  }

  it("token bucket", async () => {
    // 100 + floor(99 ms × 3,000 / 30,000 ms)
    const policy = { algorithm: "token-bucket", limit: 3_000, windowMs: 30_000, burst: 100 };
    expect(await storm("http_bucket", policy)).toEqual({ statuses: { 204: 109, 429: 1_891 }, passedMs: 99 });
  });

  it("sliding window", async () => {
    // From 0, 40 and 80 ms on.
    const policy = { algorithm: "sliding-window", limit: 40, windowMs: 40 };
    expect(await storm("http_sliding", policy)).toEqual({ statuses: { 204: 120, 429: 1_880 }, passedMs: 99 });
  });

  it("fixed window", async () => {
    const policy = { algorithm: "fixed-window", limit: 70, windowMs: 50 };
    expect(await storm("http_fixed", policy)).toEqual({ statuses: { 204: 140, 429: 1_860 }, passedMs: 99 });
  });
});
