import { describe, expect, it } from "vitest";
import { DEFAULT_RULES } from "./default-rules.ts";
import { changed, countsOn, type Override, overridden, overrideKey, subjectOfAll } from "./override.ts";
import type { LimitRule } from "./rule.ts";

const rule = (name: string): LimitRule => DEFAULT_RULES.find((each) => each.name === name)!;
const policy = { algorithm: "token-bucket", limit: 7, windowMs: 1_000, burst: null, penalty: null } as const;

function overridesOf(...given: readonly Partial<Override>[]): Map<string, Override> {
  const all = given.map((each) => ({
    rule: "user",
    subject: "user:*",
    policy,
    expiresAtMs: null,
    version: 1,
    ...each,
  }));
  return new Map(all.map((each) => [overrideKey(each.rule, each.subject), each]));
}

describe("overridden", () => {
  it("V1: takes the exact subject before its kind before the rule", () => {
    const overrides = overridesOf({}, { subject: "user:usr_1", policy: { ...policy, limit: 9 } });
    const limitOf = (subject: string, name = "user"): number => overridden(rule(name), subject, overrides, 0).limit;
    expect([limitOf("user:usr_1"), limitOf("user:usr_2"), limitOf("key:key_1", "key")]).toEqual([9, 7, 1_200]);
  });

  it("V3: leaves out what has ended: from its last millisecond on the next best holds", () => {
    const overrides = overridesOf({}, { subject: "user:usr_1", policy: { ...policy, limit: 9 }, expiresAtMs: 5_000 });
    expect(overridden(rule("user"), "user:usr_1", overrides, 4_999).limit).toBe(9);
    expect(overridden(rule("user"), "user:usr_1", overrides, 5_000).limit).toBe(7);
  });
});

describe("changed", () => {
  it("takes from the rule what is left out", () => {
    expect(changed(rule("tenant"), { limit: 12_000 }).data).toMatchObject({
      algorithm: "token-bucket",
      limit: 12_000,
      windowMs: 60_000,
      burst: 1_000,
      penalty: null,
    });
  });

  it("has no inherited burst above the limit, and none for a window", () => {
    expect(changed(rule("tenant"), { limit: 10 }).data?.burst).toBe(10);
    expect(changed(rule("tenant"), { limit: 10, burst: 40 }).data?.burst).toBe(40);
    expect(changed(rule("tenant"), { limit: 10, algorithm: "sliding-window" }).data?.burst).toBeNull();
  });

  it("says what does not fit together", () => {
    const paths = (given: Parameters<typeof changed>[1]) => changed(rule("tenant"), given).error?.issues[0]?.path;
    expect(paths({ limit: 5, algorithm: "fixed-window", burst: 5 })).toEqual(["burst"]);
    expect(paths({ limit: 1_000_000_000, windowMs: 2_678_400_000 })).toEqual(["limit"]);
  });
});

describe("subjects", () => {
  it("are the tenant's own: addresses and everybody are no tenant's", () => {
    expect(["tenant", "upload", "user", "key", "address", "global"].map((name) => subjectOfAll(rule(name)))).toEqual([
      "tenant",
      "tenant",
      "user:*",
      "key:*",
      null,
      null,
    ]);
    expect(countsOn(rule("user"), "user:usr_1")).toBe(true);
    expect(countsOn(rule("user"), "key:key_1")).toBe(false);
    expect(countsOn(rule("tenant"), "tenant:x")).toBe(false);
    expect(countsOn(rule("address"), "address")).toBe(false);
  });
});
