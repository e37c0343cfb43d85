import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CounterState, peek, refund, take } from "./counter.ts";
import type { LimitPolicy } from "./rule.ts";

type Request = { readonly afterMs: number; readonly cost: number };

const requests = fc.array(fc.record({ afterMs: fc.nat({ max: 400 }), cost: fc.integer({ min: 1, max: 4 }) }), {
  maxLength: 120,
});
const policies = (algorithm: LimitPolicy["algorithm"]) =>
  fc.record({
    name: fc.constant("test"),
    algorithm: fc.constant(algorithm),
    limit: fc.integer({ min: 1, max: 150 }),
    windowMs: fc.integer({ min: 1, max: 3_000 }),
    burst: algorithm === "token-bucket" ? fc.option(fc.integer({ min: 1, max: 30 })) : fc.constant(null),
    penalty: fc.constant(null),
  });

/** A model that knows nothing but the list of what was admitted and when. */
type Model = (policy: LimitPolicy, admitted: readonly Admitted[], nowMs: number, cost: number) => boolean;
type Admitted = { readonly atMs: number; readonly cost: number };

const total = (admitted: readonly Admitted[]): number => admitted.reduce((sum, { cost }) => sum + cost, 0);

/** Level by the history, in exact fractions of a token: refill between admissions, never above the capacity. */
const bucket: Model = (policy, admitted, nowMs, cost) => {
  const full = BigInt(policy.burst ?? policy.limit) * BigInt(policy.windowMs);
  let level = full;
  let atMs = admitted[0]?.atMs ?? nowMs;
  for (const each of [...admitted, { atMs: nowMs, cost }]) {
    const refilled = level + BigInt(each.atMs - atMs) * BigInt(policy.limit);
    level = (refilled > full ? full : refilled) - BigInt(each.cost) * BigInt(policy.windowMs);
    atMs = each.atMs;
  }
  return level >= 0n;
};

const fixed: Model = ({ limit, windowMs }, admitted, nowMs, cost) =>
  total(admitted.filter(({ atMs }) => Math.floor(atMs / windowMs) === Math.floor(nowMs / windowMs))) + cost <= limit;

/** A moment counts until the end of its slot of windowMs/64 has left the window; up to a limit of 64, the moment itself. */
const sliding: Model = ({ limit, windowMs }, admitted, nowMs, cost) => {
  const slot = limit <= 64 ? 1 : Math.ceil(windowMs / 64);
  const end = (atMs: number): number => (Math.floor(atMs / slot) + 1) * slot;
  return total(admitted.filter(({ atMs }) => end(atMs) + windowMs > nowMs + 1)) + cost <= limit;
};

const MODELS = { "token-bucket": bucket, "sliding-window": sliding, "fixed-window": fixed } as const;
const ALGORITHMS = ["token-bucket", "sliding-window", "fixed-window"] as const;

function run(policy: LimitPolicy, sent: readonly Request[], each: (at: Admitted, state: CounterState | null) => void) {
  let state: CounterState | null = null;
  let atMs = 1_000_000;
  const admitted: Admitted[] = [];
  for (const { afterMs, cost } of sent) {
    atMs += afterMs;
    each({ atMs, cost }, state);
    const taken = take(state, policy, cost, atMs);
    state = taken.state;
    if (taken.allowed) admitted.push({ atMs, cost });
  }
  return { admitted, state };
}

describe.each(ALGORITHMS)("%s", (algorithm) => {
  it("admits exactly what a list of all admissions would", () => {
    fc.assert(
      fc.property(policies(algorithm), requests, (policy, sent) => {
        const before: Admitted[] = [];
        run(policy, sent, ({ atMs, cost }, state) => {
          const expected = MODELS[algorithm](policy, before, atMs, cost);
          expect(take(state, policy, cost, atMs).allowed).toBe(expected);
          if (expected) before.push({ atMs, cost });
        });
      }),
      { numRuns: 500 },
    );
  });

  it("says the first moment at which a refused cost passes, and when all is whole again", () => {
    fc.assert(
      fc.property(policies(algorithm), requests, (policy, sent) => {
        run(policy, sent, ({ atMs, cost }, state) => {
          const taken = take(state, policy, cost, atMs);
          const capacity = policy.burst ?? policy.limit;
          expect(peek(taken.state, policy, capacity, atMs + taken.resetMs).allowed).toBe(true);
          if (taken.resetMs > 0)
            expect(peek(taken.state, policy, capacity, atMs + taken.resetMs - 1).allowed).toBe(false);
          if (taken.allowed) return;
          expect(Number.isFinite(taken.retryAfterMs)).toBe(cost <= capacity);
          if (cost > capacity) return;
          expect(take(taken.state, policy, cost, atMs + taken.retryAfterMs).allowed).toBe(true);
          expect(take(taken.state, policy, cost, atMs + taken.retryAfterMs - 1).allowed).toBe(false);
        });
      }),
      { numRuns: 200 },
    );
  });

  it("says with `remaining` what can still be taken, no less and no more, and counts nothing by a refusal", () => {
    fc.assert(
      fc.property(policies(algorithm), requests, (policy, sent) => {
        run(policy, sent, ({ atMs }, state) => {
          const { remaining } = peek(state, policy, 1, atMs);
          expect(take(state, policy, remaining, atMs).allowed).toBe(true);
          const refused = take(state, policy, remaining + 1, atMs);
          expect(refused).toMatchObject({ allowed: false, remaining });
        });
      }),
      { numRuns: 200 },
    );
  });

  it("is as if nothing had been taken once it was given back in the same moment", () => {
    fc.assert(
      fc.property(policies(algorithm), requests, fc.integer({ min: 1, max: 3 }), (policy, sent, cost) => {
        run(policy, sent, ({ atMs }, state) => {
          const taken = take(state, policy, cost, atMs);
          if (!taken.allowed) return;
          const back = refund(taken.state, policy, cost, atMs, atMs);
          expect(peek(back, policy, 1, atMs).remaining).toBe(peek(state, policy, 1, atMs).remaining);
        });
      }),
      { numRuns: 200 },
    );
  });

  it("neither gives nor forgets when the clock goes back", () => {
    const policy = { name: "t", algorithm, limit: 2, windowMs: 1_000, burst: null, penalty: null };
    const { state } = run(
      policy,
      [
        { afterMs: 0, cost: 1 },
        { afterMs: 0, cost: 1 },
      ],
      () => undefined,
    );
    expect(take(state, policy, 1, 995_000).allowed).toBe(false);
    expect(take(take(state, policy, 1, 995_000).state, policy, 1, 1_000_000).allowed).toBe(false);
  });
});

describe("a rule that changes its window", () => {
  const policy = (algorithm: LimitPolicy["algorithm"], windowMs: number): LimitPolicy => ({
    name: "t",
    algorithm,
    limit: 10,
    windowMs,
    burst: null,
    penalty: null,
  });
  const after = (algorithm: LimitPolicy["algorithm"], atMs: number): CounterState | null =>
    [1, 2, 3, 4].reduce<CounterState | null>((state) => take(state, policy(algorithm, 60_000), 1, atMs).state, null);

  it.each(ALGORITHMS)("counts on with what was taken: %s", (algorithm) => {
    const state = after(algorithm, 1_200_000);
    expect(peek(state, policy(algorithm, 120_000), 1, 1_200_000).remaining).toBe(6);
    expect(peek(state, policy(algorithm, 500), 1, 1_200_000).remaining).toBe(6);
  });

  it("reads a level in whole tokens: what is changed to and fro gives none", () => {
    // 6 tokens and the quarter that came in 1,500 ms.
    const { state } = take(after("token-bucket", 1_200_000), policy("token-bucket", 60_000), 0, 1_201_500);
    const short = take(state, policy("token-bucket", 1_000), 0, 1_201_500);
    expect(short.remaining).toBe(6);
    const long = take(short.state, policy("token-bucket", 60_000), 0, 1_201_500);
    expect([long.remaining, long.resetMs]).toEqual([6, 24_000]);
  });

  it("counts a fixed window's units where they began, and ends with the new window", () => {
    const state = after("fixed-window", 1_260_000);
    // 21 minutes: the second half of the two minutes that began at 20.
    const seen = peek(state, policy("fixed-window", 120_000), 1, 1_290_000);
    expect([seen.remaining, seen.resetMs]).toEqual([6, 30_000]);
    expect(peek(state, policy("fixed-window", 120_000), 1, 1_320_000).remaining).toBe(10);
    const back = refund(state, policy("fixed-window", 120_000), 1, 1_260_000, 1_290_000);
    expect(peek(back, policy("fixed-window", 120_000), 1, 1_290_000).remaining).toBe(7);
  });
});

describe("bounds", () => {
  it("W1: no stretch of a window's length has more than the limit", () => {
    fc.assert(
      fc.property(policies("sliding-window"), requests, (policy, sent) => {
        const { admitted } = run(policy, sent, () => undefined);
        for (const { atMs } of admitted) {
          const stretch = admitted.filter((each) => each.atMs >= atMs && each.atMs < atMs + policy.windowMs);
          expect(total(stretch)).toBeLessThanOrEqual(policy.limit);
        }
      }),
    );
  });

  it("W2: what is refused would be by an exact window that is less than 1/64 longer", () => {
    fc.assert(
      fc.property(policies("sliding-window"), requests, (policy, sent) => {
        const before: Admitted[] = [];
        const longerMs = policy.limit <= 64 ? 0 : Math.ceil(policy.windowMs / 64) - 1;
        expect(longerMs).toBeLessThan(policy.windowMs / 64);
        run(policy, sent, ({ atMs, cost }, state) => {
          const stretch = before.filter((each) => each.atMs > atMs - policy.windowMs - longerMs);
          if (take(state, policy, cost, atMs).allowed) before.push({ atMs, cost });
          else expect(total(stretch) + cost).toBeGreaterThan(policy.limit);
        });
      }),
      { numRuns: 500 },
    );
  });

  it("W2: costs a caller who asks each millisecond less than 1/64 of what an exact window lets through", () => {
    const policy = {
      name: "t",
      algorithm: "sliding-window" as const,
      limit: 100,
      windowMs: 6_400,
      burst: null,
      penalty: null,
    };
    const exact: number[] = [];
    let [state, slotted]: [CounterState | null, number] = [null, 0];
    for (let atMs = 0; atMs < 640_000; atMs += 1) {
      const taken = take(state, policy, 1, atMs);
      state = taken.state;
      if (taken.allowed) slotted += 1;
      if (exact.length < 100 || (exact.at(-100) ?? 0) <= atMs - 6_400) exact.push(atMs);
    }
    expect(exact).toHaveLength(10_000);
    expect(slotted).toBeLessThanOrEqual(10_000);
    expect(slotted / 10_000).toBeGreaterThan(63 / 64);
  });

  it("W3: a window's state stays small, whatever its limit", () => {
    const policy = {
      name: "t",
      algorithm: "sliding-window" as const,
      limit: 1_000_000,
      windowMs: 3_600_000,
      burst: null,
      penalty: null,
    };
    let state: CounterState | null = null;
    for (let atMs = 0; atMs < 20_000_000; atMs += 5_000) state = take(state, policy, 1, atMs).state;
    expect(state?.kind === "sliding-window" ? state.slots.length : 0).toBeLessThanOrEqual(66);
  });
});
