import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { limitRules } from "../../../shared/core/rate-limit/default-rules.ts";
import { createLimits } from "../../../workers/access/limits/limits.ts";
import { FakeRateLimiter } from "../../../workers/api/fakes/rate-limiter.ts";
import { serve } from "../../../workers/api/fakes/server.ts";
import { KEY, makeWorld, OPERATOR, type World } from "../../../workers/api/fakes/world.ts";
import { run } from "./program.ts";

const START_MS = 1_800_000_000_000;
let world: World;
let baseUrl: string;
let close: () => Promise<void>;
let [said, noted] = ["", ""];

beforeAll(async () => {
  ({ baseUrl, close } = await serve(async (request) => world.app.fetch(request)));
});
afterAll(async () => {
  await close();
});
beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
  vi.spyOn(process.stdout, "write").mockImplementation((text, ...more) => {
    said += String(text);
    for (const done of more) if (typeof done === "function") (done as () => void)();
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    noted += String(text);
    return true;
  });
  const limiters = new Map<string, FakeRateLimiter>();
  const now = (): number => START_MS;
  const limiter = (scope: string): FakeRateLimiter => {
    const found = limiters.get(scope) ?? new FakeRateLimiter(now);
    limiters.set(scope, found);
    return found;
  };
  const limits = createLimits({ rules: limitRules(""), limiter, edgeId: "e", now, timeoutMs: 1_000 });
  world = makeWorld({ limits, now });
});

async function aima(args: readonly string[], key = OPERATOR): Promise<{ code: number; out: string; err: string }> {
  [said, noted] = ["", ""];
  const code = await run(["node", "aima", "--url", baseUrl, "--api-key", key, "limits", ...args]);
  return { code, out: said, err: noted };
}
const json = async (args: readonly string[], key = OPERATOR): Promise<unknown> => {
  const { code, out, err } = await aima([...args, "--json"], key);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out.trim());
};

describe("aima limits", () => {
  it("shows what is left, to its caller and of a tenant, and the rules", async () => {
    const own = await aima(["show"], KEY);
    expect(own.out).toContain(
      "key         key:key_one                         199 left of 1200 in 60 s, all again in 0.05 s\n",
    );
    expect(await json(["show", "--tenant", "ten_one1"])).toMatchObject({
      limits: [{ rule: "rerun" }, { rule: "upload" }, { rule: "tenant", limit: 6_000 }],
      overrides: [],
    });
    expect((await aima(["rules"], KEY)).out).toMatch(
      /^auth {8}address {3}10 in 900 s \(sliding-window\), closed without its limiter\n/,
    );
    expect((await aima(["show", "--tenant", "ten_nobody"])).code).toBe(4);
    expect((await aima(["show", "--tenant", "ten_one1"], KEY)).code).toBe(3);
  });

  it("sets another limit for a tenant, for all or one of its accounts, and takes it back", async () => {
    const rate = ["--burst", "40", "--expires", "2027-12-24T00:00:00Z"];
    expect((await aima(["set", "ten_one1", "key", "600/60", ...rate])).out).toBe(
      "key         key:*                               600 in 60 s (token-bucket, 40 at once) until 2027-12-24T00:00:00.000Z\n",
    );
    const subject = ["--subject", "key:key_01KA00000000000000000000K1"];
    const one = ["set", "ten_one1", "key", "9/1", "--algorithm", "fixed-window", ...subject];
    expect(await json(one)).toMatchObject({ limit: 9, windowMs: 1_000, algorithm: "fixed-window", expiresAt: null });
    const shown = await aima(["show"], KEY);
    expect(shown.err).toBe("Other limits than the rules have:\n");
    expect(shown.out).toContain("key:key_01KA00000000000000000000K1  9 in 1 s (fixed-window) until further notice\n");
    expect((await aima(["unset", "ten_one1", "key"])).out).toBe("ten_one1: key is as the rule has it\n");
    expect(await json(["show"], KEY)).toMatchObject({ overrides: [{ limit: 9 }] });
    expect((await aima(["unset", "ten_one1", "key", ...subject])).code).toBe(0);
    expect(await json(["show"], KEY)).toMatchObject({ overrides: [] });
  });

  it("says what does not fit", async () => {
    expect((await aima(["set", "ten_one1", "key", "600"])).code).toBe(2);
    expect((await aima(["set", "ten_one1", "address", "600/60"])).code).toBe(4);
    const none = await aima(["set", "ten_one1", "rerun", "600/60", "--burst", "9"]);
    expect([none.code, none.err.includes("invalid_request")]).toEqual([1, true]);
    expect((await aima(["reset"], KEY)).code).toBe(2);
  });

  it("forgets what is counted, on a key of one's own and on a tenant", async () => {
    const key = "key:key_01KA00000000000000000000K1";
    expect((await aima(["reset", key], KEY)).out).toBe(`what was counted on ${key} is forgotten\n`);
    // Of the key that asked, and of the tenant.
    expect((await aima(["reset", "--tenant", "ten_one1"])).out).toBe("ten_one1: 2 counts on all forgotten\n");
    expect(await json(["reset", key, "--tenant", "ten_one1"])).toEqual({
      tenant: "ten_one1",
      subject: key,
      forgotten: 0,
    });
    expect((await aima(["reset", "--tenant", "ten_one1"], KEY)).code).toBe(3);
  });
});
