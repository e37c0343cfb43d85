import { describe, expect, it } from "vitest";
import { failed, idleAtMs, isLocked, type Lockout, NO_FAILURES } from "./lockout.ts";

const MINUTE = 60_000;
const after = (...minutes: readonly number[]): Lockout =>
  minutes.reduce((lockout, at) => failed(lockout, at * MINUTE), NO_FAILURES);

describe("lockout", () => {
  it("five failures within 30 minutes lock for 30 minutes, to the millisecond", () => {
    expect(isLocked(after(0, 1, 2, 3), 3 * MINUTE)).toBe(false);
    const locked = after(0, 1, 2, 3, 4);
    expect(isLocked(locked, 4 * MINUTE)).toBe(true);
    expect(isLocked(locked, 34 * MINUTE - 1)).toBe(true);
    expect(isLocked(locked, 34 * MINUTE)).toBe(false);
  });

  it("failures older than 30 minutes do not count", () => {
    expect(isLocked(after(0, 8, 16, 24, 32), 32 * MINUTE)).toBe(false);
    expect(isLocked(after(0, 7, 14, 21, 29), 29 * MINUTE)).toBe(true);
  });

  it("after a lock the count begins anew", () => {
    const again = failed(after(0, 1, 2, 3, 4), 34 * MINUTE);
    expect(isLocked(again, 34 * MINUTE)).toBe(false);
    expect(again.failuresAtMs).toEqual([34 * MINUTE]);
  });

  it("is idle when the lock and every failure are over", () => {
    expect(idleAtMs(NO_FAILURES)).toBe(0);
    expect(idleAtMs(after(1, 2))).toBe(32 * MINUTE);
    expect(idleAtMs(after(0, 1, 2, 3, 4))).toBe(34 * MINUTE);
  });
});
