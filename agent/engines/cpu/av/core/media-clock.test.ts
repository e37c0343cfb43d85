import { describe, expect, it } from "vitest";
import { type MediaClock, STOPPED_CLOCK, tick } from "./media-clock.ts";

const shown = { frameMs: 40, durationMs: 10_000 };

function times(...stamps: readonly (number | null)[]): { times: (number | null)[]; isTrue: boolean } {
  let clock: MediaClock = STOPPED_CLOCK;
  const found = stamps.map((stamp) => {
    clock = tick(clock, stamp, shown);
    return clock.lastMs;
  });
  return { times: found, isTrue: clock.isTrue };
}

describe("the media clock", () => {
  it("takes good time stamps as they are, also those of a variable rate", () => {
    expect(times(0, 40, 90, 1000)).toEqual({ times: [0, 40, 90, 1000], isTrue: true });
  });

  it("goes on by one frame where a stamp is missing or goes back", () => {
    expect(times(0, null, 20, 60)).toEqual({ times: [0, 40, 80, 120], isTrue: false });
  });

  it("does not follow a jump far past the end", () => {
    expect(times(0, 40, 9e9, 9e9 + 40)).toEqual({ times: [0, 40, 80, 120], isTrue: false });
  });

  it("begins at zero where the first stamp is no time of this medium", () => {
    expect(times(9e9, 9e9 + 40)).toEqual({ times: [0, 40], isTrue: false });
    expect(times(-40, 0)).toEqual({ times: [0, 40], isTrue: false });
  });
});
