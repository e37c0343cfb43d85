import { afterEach, describe, expect, it, vi } from "vitest";
import type { StalledPosition } from "../../shared/ports/asset-index.ts";
import { sweep, type SweepReport } from "./reconcile-assets.ts";

const NOW = Date.UTC(2026, 0, 2);
const id = (number: number): string => `ast_${String(number).padStart(26, "0")}`;
const silent = (count: number): StalledPosition[] =>
  Array.from({ length: count }, (_, number) => ({
    updatedAt: "2026-01-01T00:00:00.000Z",
    tenant: "ten_one1",
    assetId: id(number),
  }));

/** An index whose stalled assets stay stalled, and a clock that a woken asset moves by `wakeMs`. */
function system(stalled: readonly StalledPosition[], options: { wakeMs?: number; broken?: readonly string[] } = {}) {
  const { wakeMs = 0, broken = [] } = options;
  const woken: string[] = [];
  const asked: string[] = [];
  let nowMs = NOW;
  let kept: StalledPosition | null = null;
  const run = (): Promise<SweepReport> =>
    sweep({
      index: {
        stalled: async (before, limit, after) => {
          asked.push(before);
          const start = after === null ? 0 : stalled.findIndex(({ assetId }) => assetId === after.assetId) + 1;
          return stalled.slice(start, start + limit);
        },
      },
      now: () => nowMs,
      position: async () => kept,
      keepPosition: async (position) => {
        kept = position;
      },
      wake: async (_tenant, assetId) => {
        nowMs += wakeMs;
        if (broken.includes(assetId)) throw new Error("no answer");
        woken.push(assetId);
      },
    });
  return { run, woken, asked };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the sweep over stalled assets", () => {
  it("asks for what has been silent for ten minutes", async () => {
    const { run, asked } = system([]);
    expect(await run()).toEqual({ woken: 0, failed: 0, unfinished: false });
    expect(asked).toEqual(["2026-01-01T23:50:00.000Z"]);
  });

  it("R1: wakes all of many pages, each once", async () => {
    const { run, woken } = system(silent(750));
    expect(await run()).toEqual({ woken: 750, failed: 0, unfinished: false });
    expect(woken.toSorted()).toEqual(silent(750).map(({ assetId }) => assetId));
  });

  it("R1: when the time is up, the next sweep begins where this one ended, and the one after the last starts over", async () => {
    // A second each: 240 s are over within the third page.
    const { run, woken } = system(silent(450), { wakeMs: 1_000 });
    expect(await run()).toEqual({ woken: 300, failed: 0, unfinished: true });
    expect(await run()).toEqual({ woken: 150, failed: 0, unfinished: false });
    expect(new Set(woken).size).toBe(450);
    expect(await run()).toEqual({ woken: 300, failed: 0, unfinished: true });
    expect(woken.slice(450)).toContain(id(0));
  });

  it("R2: one that cannot be woken does not keep the others from it", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    const { run, woken } = system(silent(120), { broken: [id(0), id(119)] });
    expect(await run()).toEqual({ woken: 118, failed: 2, unfinished: false });
    expect(woken).toHaveLength(118);
    expect(log).toHaveBeenCalledTimes(2);
  });
});
