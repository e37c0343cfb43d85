import { table } from "../report.ts";
import { GOAL_RATIO, type LoginFinding } from "./measure.ts";

export function loginTable({ costs }: LoginFinding): string {
  const head = ["a refused login", "try", "requests", "p50 ms", "of known"];
  const rows = costs.map(({ kind, tries, requests, p50Ms, ratio }) => [
    kind,
    tries,
    String(requests),
    p50Ms.toFixed(2),
    `${ratio.toFixed(3)}×`,
  ]);
  const worst = Math.max(...costs.map(({ ratio }) => Math.max(ratio, 1 / ratio)));
  return `${table([head, ...rows])}\nFurthest from known: ${worst.toFixed(3)}×; goal: at most ${GOAL_RATIO}×.`;
}
