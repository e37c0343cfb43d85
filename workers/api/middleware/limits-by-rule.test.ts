/** Of each rule of a new installation: what it counts, what happens when its limiter is away, and what a penalty does. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { limitRules } from "../../../shared/core/rate-limit/default-rules.ts";
import { createLimits } from "../../access/limits/limits.ts";
import { FakeRateLimiter } from "../fakes/rate-limiter.ts";
import { ADMIN_TOKEN, KEY, makeWorld } from "../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

type Away = "refuses" | "is silent";

/** `away`: the limiters with names that begin like this. */
function world(setting: object[], away: { scope: string; how: Away } | null = null) {
  const clock = { nowMs: 1_800_000_000_000 };
  const limiters = new Map<string, FakeRateLimiter>();
  const limiter = (scope: string): FakeRateLimiter => {
    const found = limiters.get(scope) ?? new FakeRateLimiter(() => clock.nowMs);
    limiters.set(scope, found);
    if (away !== null && scope.startsWith(away.scope)) {
      found.take = () =>
        away.how === "refuses" ? Promise.reject(new Error("The object is not there")) : new Promise(() => undefined);
    }
    return found;
  };
  const rules = limitRules(JSON.stringify(setting));
  const limits = createLimits({ rules, limiter, edgeId: "e", now: () => clock.nowMs, timeoutMs: 5 });
  const { call } = makeWorld({ limits });
  const send = ({ method, path, key }: Counted): Promise<Response> =>
    call(path, {
      method,
      key,
      ...(method === "GET" ? {} : { body: "{}", headers: { "content-type": "application/json" } }),
    });
  return { send, clock };
}

type Counted = { method: string; path: string; key: string | null };

/** A request that the rule counts, how it is answered when nothing limits it, and who keeps the count. */
const RULES: readonly (Counted & { name: string; scope: string; passes: number; onFailure: "open" | "closed" })[] = [
  {
    name: "auth",
    method: "POST",
    path: "/v1/auth/login",
    key: null,
    passes: 422,
    scope: "address/",
    onFailure: "closed",
  },
  {
    name: "rerun",
    method: "POST",
    path: `/v1/assets/ast_${"9".repeat(26)}/rerun`,
    key: KEY,
    passes: 404,
    scope: "tenant/",
    onFailure: "open",
  },
  { name: "upload", method: "POST", path: "/v1/assets", key: KEY, passes: 422, scope: "tenant/", onFailure: "open" },
  { name: "address", method: "GET", path: "/v1/assets", key: KEY, passes: 200, scope: "address/", onFailure: "open" },
  {
    name: "user",
    method: "GET",
    path: "/v1/assets",
    key: ADMIN_TOKEN,
    passes: 200,
    scope: "tenant/",
    onFailure: "open",
  },
  { name: "key", method: "GET", path: "/v1/assets", key: KEY, passes: 200, scope: "tenant/", onFailure: "open" },
  { name: "tenant", method: "GET", path: "/v1/assets", key: KEY, passes: 200, scope: "tenant/", onFailure: "open" },
  { name: "global", method: "GET", path: "/v1/assets", key: KEY, passes: 200, scope: "global", onFailure: "open" },
];

it("tells of every rule; that of the doors beside the API has its own tests there", () => {
  const names = limitRules("").map(({ name }) => name);
  expect(names.filter((name) => name !== "doors")).toEqual(RULES.map(({ name }) => name));
});

describe.each(RULES)("the rule $name", ({ name, scope, passes, onFailure, ...request }) => {
  const only = (change: object): object[] => [
    { name: "*", enabled: false },
    { name, enabled: true, ...change },
  ];
  const isClosed = onFailure === "closed";

  it.each<Away>(["refuses", "is silent"])(`is ${onFailure} when its limiter %s`, async (how) => {
    const { send } = world(only({}), { scope, how });
    const answer = await send(request);
    expect(answer.status).toBe(isClosed ? 503 : passes);
    if (isClosed) {
      expect(answer.headers.get("retry-after")).toBe("5");
      expect(await answer.json()).toMatchObject({ code: "limits_unavailable" });
    }
  });

  it("is the other way round when that is set", async () => {
    const setting = only({ onFailure: isClosed ? "open" : "closed" });
    const { send } = world(setting, { scope, how: "refuses" });
    expect((await send(request)).status).toBe(isClosed ? passes : 503);
  });

  it("takes a penalty: longer each time, not for knocking meanwhile", async () => {
    const counted = {
      algorithm: "fixed-window",
      limit: 1,
      windowMs: 1_000,
      penalty: { durationMs: 60_000, multiplier: 3 },
    };
    const { send, clock } = world(only(counted));
    const next = async (): Promise<[number, string | null]> => {
      const { status, headers } = await send(request);
      return [status, headers.get("retry-after")];
    };
    expect([await next(), await next(), await next()]).toEqual([
      [passes, null],
      [429, "60"],
      [429, "60"],
    ]);
    clock.nowMs += 60_000;
    expect([await next(), await next()]).toEqual([
      [passes, null],
      [429, "180"],
    ]);
    clock.nowMs += 179_000;
    expect(await next()).toEqual([429, "1"]);
  });
});

describe("the penalties of a new installation", () => {
  it("are those of logins: half an hour, then three times as long each time, up to a day", async () => {
    expect(
      limitRules("")
        .filter(({ penalty }) => penalty !== null)
        .map(({ name }) => name),
    ).toEqual(["auth"]);
    const { send, clock } = world([]);
    const login = { method: "POST", path: "/v1/auth/login", key: null };
    const waits: (string | null)[] = [];
    for (let offence = 0; offence < 5; offence += 1) {
      for (let n = 0; n < 10; n += 1) expect((await send(login)).status).toBe(422);
      const refused = await send(login);
      waits.push(refused.headers.get("retry-after"));
      clock.nowMs += Number(refused.headers.get("retry-after")) * 1_000;
    }
    expect(waits).toEqual(["1800", "5400", "16200", "48600", "86400"]);
  });
});
