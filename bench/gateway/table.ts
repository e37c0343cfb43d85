import { table } from "../report.ts";
import { GOAL_RATIO, type GatewayFinding } from "./measure.ts";
import type { CacheSize } from "./memory.ts";

export function gatewayTable({ costs, rounds }: GatewayFinding): string {
  const head = ["a request", "p50 ms", "of without", "p99 ms", "of without", "CPU ms", "of without", "calls/1,000"];
  const rows = costs.map((cost) => [
    cost.variant,
    cost.p50Ms.toFixed(3),
    `${cost.p50Ratio.toFixed(3)}×`,
    cost.p99Ms.toFixed(3),
    `${cost.p99Ratio.toFixed(2)}×`,
    cost.cpuMs.toFixed(3),
    `${cost.cpuRatio.toFixed(2)}×`,
    cost.callsPerThousand.toFixed(1),
  ]);
  const calls = new Map<string, number>();
  for (const round of rounds) {
    for (const [name, count] of Object.entries(round.calls)) calls.set(name, (calls.get(name) ?? 0) + count);
  }
  const counted = [...calls].map(([name, count]) => `${name} ${count}`).join(", ");
  return `${table([head, ...rows])}\ncalls to objects: ${counted}\n${goalLine(costs)}`;
}

function goalLine(costs: GatewayFinding["costs"]): string {
  const verdicts = costs
    .filter(({ variant }) => variant !== "without")
    .map(({ variant, p50Ratio }) => `${variant} ${p50Ratio.toFixed(3)}× ${p50Ratio <= GOAL_RATIO ? "met" : "NOT MET"}`);
  return `Goal: at most ${GOAL_RATIO.toFixed(2)}× of without at the median: ${verdicts.join(", ")}.`;
}

export function cachesTable(sizes: readonly CacheSize[]): string {
  const rows = sizes.map(({ cache, entries, bytesPerEntry }) => [
    cache,
    String(entries),
    bytesPerEntry.toFixed(0),
    ((bytesPerEntry * entries) / 1e6).toFixed(1),
  ]);
  return table([["held in an isolate", "entries", "bytes an entry", "MB"], ...rows]);
}
