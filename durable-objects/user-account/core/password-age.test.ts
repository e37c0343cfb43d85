import { expect, it } from "vitest";
import { isTooOld } from "./password-age.ts";

const DAY_MS = 86_400_000;

it("a password of 90 days is too old from the millisecond on that makes them full; without a limit none ever is", () => {
  const changedAtMs = 1_795_608_000_000;
  expect(isTooOld(changedAtMs, 90 * DAY_MS, changedAtMs + 7_775_999_999)).toBe(false);
  expect(isTooOld(changedAtMs, 90 * DAY_MS, changedAtMs + 7_776_000_000)).toBe(true);
  expect(isTooOld(changedAtMs, null, changedAtMs + 1_000 * DAY_MS)).toBe(false);
});
