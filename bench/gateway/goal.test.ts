import { describe, expect, it } from "vitest";
import type { Variant } from "./callers.ts";
import { type GatewayFinding, meetsGoal } from "./measure.ts";
import { cachesTable, gatewayTable } from "./table.ts";

const found = (ratios: Readonly<Record<Variant, number>>): GatewayFinding => ({
  costs: Object.entries(ratios).map(([variant, p50Ratio]) => ({
    variant: variant as Variant,
    p50Ms: 0.3 * p50Ratio,
    p50Ratio,
    p99Ms: 1,
    p99Ratio: 1,
    cpuMs: 0.3,
    cpuRatio: 1,
    callsPerThousand: 2,
  })),
  rounds: [
    { costs: [], calls: { "RateLimiter.take": 3 } },
    { costs: [], calls: { "RateLimiter.take": 4, "Tenant.authenticate": 1 } },
  ],
  requestsPerVariant: 1,
  othersBusy: 0,
});

describe("the goal of the gateway", () => {
  it("is met by 10 % on both paths", () => {
    const finding = found({ without: 1, "api key": 1.1, "access token": 1.0421 });
    expect(meetsGoal(finding)).toBe(true);
    expect(gatewayTable(finding).split("\n").slice(-2)).toEqual([
      "calls to objects: RateLimiter.take 7, Tenant.authenticate 1",
      "Goal: at most 1.10× of without at the median: api key 1.100× met, access token 1.042× met.",
    ]);
  });

  it("is missed by more on one of them, and by a figure that is none", () => {
    const finding = found({ without: 1, "api key": 1.05, "access token": 1.1004 });
    expect(meetsGoal(finding)).toBe(false);
    expect(gatewayTable(finding)).toContain("api key 1.050× met, access token 1.100× NOT MET.");
    expect(meetsGoal(found({ without: 1, "api key": Number.NaN, "access token": 1 }))).toBe(false);
  });
});

it("caches are told by the entry and together", () => {
  const sizes = [{ cache: "API keys", entries: 10_000, bytesPerEntry: 331.4 } as const];
  expect(cachesTable(sizes).split("\n")).toEqual([
    "held in an isolate  entries  bytes an entry   MB",
    "API keys              10000             331  3.3",
  ]);
});
