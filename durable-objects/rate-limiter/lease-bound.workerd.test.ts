/**
 * The bounds of leases (lease-book.ts), against what an exact limiter would do with the same admissions: edges that come
 * and go, bursts and rests, and an object that forgets its book.
 */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LimitPolicy } from "../../shared/core/rate-limit/rule.ts";
import { EdgeLeases } from "../../workers/access/limits/edge-leases.ts";

const START_MS = 1_800_000_000_000;
/** How long an edge may refuse by itself, and so be late with what has become free. */
const REFUSE_FOR_MS = 250;
const EDGES = 6;

type Step = {
  readonly afterMs: number;
  readonly edge: number;
  readonly requests: number;
  /** Before the requests: the object forgets its book, or the edge is another isolate that knows of no lease. */
  readonly lost: "nothing" | "book" | "edge";
};
type Point = { readonly atMs: number; readonly units: number };
type Ran = {
  readonly admitted: readonly Point[];
  /** Moments of refusals, with how many leases may have been lost by then. */
  readonly refused: readonly { readonly atMs: number; readonly losses: number }[];
};

const steps = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 600 })),
    edge: fc.nat({ max: EDGES - 1 }),
    requests: fc.integer({ min: 1, max: 900 }),
    lost: fc.oneof(
      { weight: 40, arbitrary: fc.constant("nothing" as const) },
      { weight: 1, arbitrary: fc.constant("book" as const) },
      { weight: 1, arbitrary: fc.constant("edge" as const) },
    ),
  }),
  { minLength: 10, maxLength: 60 },
);
const policies = (algorithm: LimitPolicy["algorithm"]): fc.Arbitrary<LimitPolicy> =>
  fc
    .record({ limit: fc.integer({ min: 3_200, max: 12_000 }), windowMs: fc.integer({ min: 1_200, max: 6_000 }) })
    .map((given) => ({ name: "test", algorithm, burst: null, penalty: null, ...given }));

let runs = 0;

async function run(policy: LimitPolicy, sent: readonly Step[]): Promise<Ran> {
  const scope = `ten_bound${(runs += 1)}`;
  const object = env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(scope));
  let nowMs = START_MS;
  let isolates = 0;
  const edge = (): EdgeLeases => new EdgeLeases(`edge-${(isolates += 1)}`, () => nowMs);
  const edges = Array.from({ length: EDGES }, edge);
  const [admitted, refused]: [Point[], { atMs: number; losses: number }[]] = [[], []];
  let losses = 0;
  for (const step of sent) {
    nowMs += step.afterMs;
    if (step.lost !== "nothing") losses += 1;
    if (step.lost === "edge") edges[step.edge] = edge();
    if (step.lost === "book") {
      await runInDurableObject(object, () => undefined); // Only what is awake can be put to sleep.
      await evictDurableObject(object);
    }
    // Inside of the object: what is asked here is not the way to it.
    const units = await runInDurableObject(object, async (instance) => {
      instance.clock = () => nowMs;
      for (let n = 0; n < step.requests; n += 1) {
        const answer = await edges[step.edge]?.take(scope, instance, [{ policy, subject: "tenant" }]);
        if (answer?.allowed !== true) return n;
      }
      return step.requests;
    });
    // The rest of the burst meets the same moment.
    if (units < step.requests) refused.push({ atMs: nowMs, losses });
    if (units > 0) admitted.push({ atMs: nowMs, units });
  }
  return { admitted, refused };
}

const within = (points: readonly Point[], fromMs: number, untilMs: number): number =>
  points.reduce((sum, { atMs, units }) => (atMs >= fromMs && atMs <= untilMs ? sum + units : sum), 0);

/** What is out, has been lost with a book or an edge, or gathers for the next lease: 1 % for each, and a sixteenth of one. */
const heldBack = ({ limit }: LimitPolicy, losses: number): number => (limit / 100) * (1 + losses + 1 / 16);

const most = ({ limit }: LimitPolicy): number => Math.floor(limit / 100);
const RUNS = { numRuns: 30 };

describe("leases", { timeout: 120_000 }, () => {
  it("sliding window: no stretch of a window has more than 101 % of the limit, and who is refused has met 99 % of it", async () => {
    await fc.assert(
      fc.asyncProperty(policies("sliding-window"), steps, async (policy, sent) => {
        const { limit, windowMs } = policy;
        const { admitted, refused } = await run(policy, sent);
        for (const { atMs } of admitted) {
          expect(within(admitted, atMs, atMs + windowMs - 1)).toBeLessThanOrEqual(limit + most(policy));
        }
        const longerMs = windowMs / 64 + REFUSE_FOR_MS;
        for (const { atMs, losses } of refused) {
          const met = within(admitted, atMs - windowMs - longerMs, atMs);
          expect(met).toBeGreaterThanOrEqual(limit - heldBack(policy, losses));
        }
      }),
      RUNS,
    );
  });

  it("fixed window: no window has more than the limit, and who is refused has met 99 % of it", async () => {
    await fc.assert(
      fc.asyncProperty(policies("fixed-window"), steps, async (policy, sent) => {
        const { limit, windowMs } = policy;
        const { admitted, refused } = await run(policy, sent);
        const startOf = (atMs: number): number => Math.floor(atMs / windowMs) * windowMs;
        for (const { atMs } of admitted) {
          const startMs = startOf(atMs);
          expect(within(admitted, startMs, startMs + windowMs - 1)).toBeLessThanOrEqual(limit);
        }
        for (const { atMs, losses } of refused) {
          // What an edge was told to refuse in the last moment of a window may reach into the next.
          const met = within(admitted, startOf(atMs - REFUSE_FOR_MS), atMs);
          expect(met).toBeGreaterThanOrEqual(limit - heldBack(policy, losses));
        }
      }),
      RUNS,
    );
  });

  it("token bucket: no stretch has more than a full bucket, its refill and 1 %, and who is refused has left 1 % at most", async () => {
    await fc.assert(
      fc.asyncProperty(policies("token-bucket"), steps, async (policy, sent) => {
        const { limit, windowMs } = policy;
        const perMs = limit / windowMs;
        const { admitted, refused } = await run(policy, sent);
        for (const { atMs: fromMs } of admitted) {
          for (const { atMs: untilMs } of admitted.filter(({ atMs }) => atMs >= fromMs)) {
            const exact = limit + (untilMs - fromMs) * perMs;
            expect(within(admitted, fromMs, untilMs)).toBeLessThanOrEqual(exact + most(policy));
          }
        }
        for (const { atMs, losses } of refused) {
          const left = exactLevel(policy, admitted, atMs);
          expect(left).toBeLessThanOrEqual(heldBack(policy, losses) + REFUSE_FOR_MS * perMs + 1);
        }
      }),
      RUNS,
    );
  });
});

/** What a bucket would hold after these admissions, each counted in its own moment; below 0 by what leases were ahead. */
function exactLevel({ limit, windowMs }: LimitPolicy, admitted: readonly Point[], untilMs: number): number {
  let [level, atMs] = [limit, START_MS];
  for (const each of [...admitted.filter((point) => point.atMs <= untilMs), { atMs: untilMs, units: 0 }]) {
    level = Math.min(limit, level + ((each.atMs - atMs) * limit) / windowMs) - each.units;
    atMs = each.atMs;
  }
  return level;
}
