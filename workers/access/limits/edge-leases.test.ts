import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LimitAnswer, LimitAsk } from "../../../shared/contracts/rate-limit.ts";
import { EdgeLeases } from "./edge-leases.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const POLICY = {
  name: "tenant",
  algorithm: "token-bucket",
  limit: 60_000,
  windowMs: 60_000,
  burst: null,
  penalty: null,
} as const;
const ASKS: readonly LimitAsk[] = [{ policy: POLICY, subject: "tenant" }];
const granted = (units: number): LimitAnswer => ({
  allowed: true,
  atMs: Date.now(),
  reports: [],
  mostRestrictive: -1,
  lease: { units, leaseMs: 1_000, grantedAtMs: Date.now() },
  refuseForMs: 0,
});

describe("E3: a question about a hot key", () => {
  it("is one for all who come meanwhile", async () => {
    const leases = new EdgeLeases("e", () => Date.now());
    const answers: ((answer: LimitAnswer) => void)[] = [];
    const limiter = { take: () => new Promise<LimitAnswer>((resolve) => answers.push(resolve)) };
    const first = leases.take("tenant/ten_1", limiter, ASKS);
    answers[0]?.(granted(1));
    await first;
    await leases.take("tenant/ten_1", limiter, ASKS);
    const waiting = Array.from({ length: 10 }, () => leases.take("tenant/ten_1", limiter, ASKS));
    await vi.advanceTimersByTimeAsync(10);
    answers[1]?.(granted(20));
    expect((await Promise.all(waiting)).map(({ allowed }) => allowed)).toEqual(Array.from({ length: 10 }, () => true));
    expect(answers).toHaveLength(2);
  });

  it("that nobody answers is asked again after a second, by one of those who wait", async () => {
    const leases = new EdgeLeases("e", () => Date.now());
    let asked = 0;
    const limiter = {
      take: (): Promise<LimitAnswer> => {
        asked += 1;
        // The second is called off with the request that asked it.
        return asked === 2 ? new Promise(() => undefined) : Promise.resolve(granted(asked === 1 ? 1 : 50));
      },
    };
    await leases.take("tenant/ten_1", limiter, ASKS);
    await leases.take("tenant/ten_1", limiter, ASKS);
    void leases.take("tenant/ten_1", limiter, ASKS);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toBe(2);
    const waiting = Promise.all(Array.from({ length: 10 }, () => leases.take("tenant/ten_1", limiter, ASKS)));
    await vi.advanceTimersByTimeAsync(999);
    expect(asked).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(asked).toBe(3);
    await leases.take("tenant/ten_1", limiter, ASKS);
    expect(asked).toBe(3);
  });
});
