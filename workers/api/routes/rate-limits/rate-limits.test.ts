import { beforeEach, describe, expect, it, vi } from "vitest";
import { limitRules } from "../../../../shared/core/rate-limit/default-rules.ts";
import { createLimits } from "../../../access/limits/limits.ts";
import { FakeRateLimiter } from "../../fakes/rate-limiter.ts";
import { ADMIN_TOKEN, makeWorld, OPERATOR } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

/** Before `now` of the world, so that a version counts on from it. */
const START_MS = 1_767_323_045_000;

function world(setting = "") {
  const limiters = new Map<string, FakeRateLimiter>();
  const clock = { nowMs: START_MS };
  const limiter = (scope: string): FakeRateLimiter => {
    const found = limiters.get(scope) ?? new FakeRateLimiter(() => clock.nowMs);
    limiters.set(scope, found);
    return found;
  };
  const now = (): number => clock.nowMs;
  const limits = createLimits({ rules: limitRules(setting), limiter, edgeId: "e", now, timeoutMs: 1_000 });
  const made = makeWorld({ limits, now });
  /** As the operator; path below the tenant `ten_one1`. */
  const operate = (method: string, path: string, body: object | null = null, headers: Record<string, string> = {}) =>
    made.call(`/v1/platform/tenants/ten_one1${path}`, {
      method,
      key: OPERATOR,
      headers: { "content-type": "application/json", ...headers },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
  return { ...made, clock, operate, limiter };
}

type Limit = { rule: string; limit: number; remaining: number };
const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T;
const limitsOf = async (made: ReturnType<typeof world>, key?: string) =>
  (await json<{ limits: Limit[] }>(made.call("/v1/rate-limits", key === undefined ? {} : { key }))).limits;
const problemOf = async (response: Promise<Response>): Promise<unknown[]> => {
  const answer = await response;
  const body = (await answer.json()) as { code: string; errors?: { pointer: string }[] };
  return [answer.status, body.code, ...(body.errors ?? []).map(({ pointer }) => pointer)];
};

describe("rate limits", () => {
  it("tells the caller's limits, those of some requests among them", async () => {
    const limits = await limitsOf(world());
    expect(limits.map(({ rule }) => rule)).toEqual(["rerun", "upload", "key", "tenant"]);
    expect(limits[2]).toEqual({
      rule: "key",
      subject: "key:key_one",
      limit: 1_200,
      windowMs: 60_000,
      // The request itself was counted.
      remaining: 199,
      resetMs: 50,
      retryAfterMs: 0,
      penalised: false,
    });
  });

  it("lists the rules", async () => {
    const { rules } = await json<{ rules: object[] }>(world().call("/v1/rate-limits/rules"));
    expect(rules).toHaveLength(9);
    expect(rules[0]).toMatchObject({ name: "auth", limit: 10, windowMs: 900_000, onFailure: "closed" });
  });

  it("resets users and keys of the caller's own tenant, and not the tenant", async () => {
    const { call, limiter } = world();
    const subject = "user:usr_01KA00000000000000000000V1";
    const rule = limitRules("").find(({ name }) => name === "user")!;
    for (const tenant of ["ten_one1", "ten_two2"])
      await limiter(`tenant/${tenant}`).take([{ policy: rule, subject }], null);
    const left = async (tenant: string): Promise<unknown> =>
      (await limiter(`tenant/${tenant}`).peek([{ policy: rule, subject }])).reports[0]?.remaining;
    expect((await call(`/v1/rate-limits/${subject}`, { method: "DELETE" })).status).toBe(204);
    expect([await left("ten_one1"), await left("ten_two2")]).toEqual([20, 19]);
    expect((await call(`/v1/rate-limits/${subject}`, { method: "DELETE", key: "key-of-two" })).status).toBe(204);
    expect(await left("ten_two2")).toBe(20);
    expect((await call("/v1/rate-limits/tenant", { method: "DELETE" })).status).toBe(404);
  });
});

describe("a limit that an operator sets for a tenant", () => {
  it("accepts: holds from the answer on, for that tenant only, and its admin reads it", async () => {
    const made = world();
    const set = await made.operate("PUT", "/rate-limits/key", { limit: 3, expiresAt: "2026-01-03T00:00:00+01:00" });
    const override = {
      rule: "key",
      subject: "key:*",
      algorithm: "token-bucket",
      limit: 3,
      windowMs: 60_000,
      burst: 3,
      penalty: null,
      expiresAt: "2026-01-02T23:00:00.000Z",
      version: START_MS,
    };
    expect([set.status, await set.json(), set.headers.get("etag")]).toEqual([200, override, `"v${START_MS}"`]);
    expect(await json(made.call("/v1/rate-limits/overrides", { key: ADMIN_TOKEN }))).toEqual({ overrides: [override] });
    expect(await json(made.call("/v1/rate-limits/overrides", { key: "key-of-two" }))).toEqual({ overrides: [] });
    expect((await limitsOf(made)).find(({ rule }) => rule === "key")).toMatchObject({ limit: 3, remaining: 2 });
    expect((await limitsOf(made, "key-of-two")).find(({ rule }) => rule === "key")).toMatchObject({ limit: 1_200 });
    const policy = (await made.call("/v1/assets")).headers.get("ratelimit-policy");
    expect(policy).toContain('"key";q=3;w=60');
    expect((await made.call("/v1/assets")).status).toBe(200);
    expect((await made.call("/v1/assets")).status).toBe(429);
  });

  it("accepts: ends by itself, and by deletion, which may be repeated", async () => {
    const made = world();
    await made.operate("PUT", "/rate-limits/tenant", { limit: 9, expiresAt: "2026-01-03T00:00:00Z" });
    await made.operate("PUT", "/rate-limits/upload", { limit: 5, windowMs: 1_000, algorithm: "fixed-window" });
    const limitOf = async (name: string) => (await limitsOf(made)).find(({ rule }) => rule === name)?.limit;
    expect([await limitOf("tenant"), await limitOf("upload")]).toEqual([9, 5]);
    made.clock.nowMs = Date.parse("2026-01-03T00:00:00Z");
    expect([await limitOf("tenant"), await limitOf("upload")]).toEqual([6_000, 5]);
    for (let n = 0; n < 2; n += 1) expect((await made.operate("DELETE", "/rate-limits/upload")).status).toBe(204);
    expect(await limitOf("upload")).toBe(3_600);
    expect(await json(made.operate("GET", "/rate-limits"))).toMatchObject({
      limits: [{ rule: "rerun" }, { rule: "upload", limit: 3_600 }, { rule: "tenant", limit: 6_000 }],
      overrides: [],
    });
  });

  it("accepts: one user's limit before that of all users, as one resource each", async () => {
    const made = world();
    const one = `user:usr_${"A".repeat(26)}`;
    await made.operate("PUT", "/rate-limits/user", { limit: 50 });
    await made.operate("PUT", `/rate-limits/user?subject=${one}`, { limit: 70, penalty: { durationMs: 60_000 } });
    expect((await limitsOf(made, ADMIN_TOKEN)).find(({ rule }) => rule === "user")).toMatchObject({ limit: 70 });
    const { overrides } = await json<{ overrides: { subject: string }[] }>(made.operate("GET", "/rate-limits"));
    expect(overrides.map(({ subject }) => subject)).toEqual(["user:*", one]);
    expect(await json(made.operate("GET", `/rate-limits/user?subject=${one}`))).toMatchObject({
      limit: 70,
      penalty: { durationMs: 60_000, multiplier: 1 },
    });
    expect(await json(made.operate("GET", "/rate-limits/user"))).toMatchObject({ limit: 50 });
  });

  it("has an entity tag that is never valid again", async () => {
    const { operate } = world();
    const first = (await operate("PUT", "/rate-limits/tenant", { limit: 9 })).headers.get("etag") ?? "";
    expect((await operate("GET", "/rate-limits/tenant", null, { "if-none-match": first })).status).toBe(304);
    const second = await operate("PUT", "/rate-limits/tenant", { limit: 10 }, { "if-match": first });
    expect(second.headers.get("etag")).toBe(`"v${START_MS + 1}"`);
    const stale = { "if-match": first };
    const late = [
      operate("PUT", "/rate-limits/tenant", { limit: 1 }, stale),
      operate("DELETE", "/rate-limits/tenant", null, stale),
    ];
    for (const each of late) expect(await problemOf(each)).toEqual([412, "precondition_failed"]);
    expect(await json(operate("GET", "/rate-limits/tenant"))).toMatchObject({ limit: 10 });
    const tag = { "if-match": second.headers.get("etag") ?? "" };
    expect((await operate("DELETE", "/rate-limits/tenant", null, tag)).status).toBe(204);
    expect(await problemOf(operate("PUT", "/rate-limits/tenant", { limit: 1 }, tag))).toEqual([
      412,
      "precondition_failed",
    ]);
  });

  it("refuses what is no rule of a tenant, what does not fit together, and what has ended", async () => {
    const { operate, call } = world();
    const put = (path: string, body: object) => problemOf(operate("PUT", `/rate-limits/${path}`, body));
    for (const name of ["nothing", "address", "auth", "global"])
      expect(await put(name, { limit: 1 })).toEqual([404, "not_found"]);
    expect(await put("tenant", {})).toEqual([422, "invalid_request", "/limit"]);
    expect(await put("tenant", { limit: 0 })).toEqual([422, "invalid_request", "/limit"]);
    expect(await put("tenant", { limit: 1, algorithm: "leaky" })).toEqual([422, "invalid_request", "/algorithm"]);
    expect(await put("tenant", { limit: 1, penalty: { durationMs: 1 } })).toEqual([
      422,
      "invalid_request",
      "/penalty/durationMs",
    ]);
    expect(await put("rerun", { limit: 1, burst: 2 })).toEqual([422, "invalid_request", "/burst"]);
    expect(await put("tenant", { limit: 1_000_000_000, windowMs: 2_678_400_000 })).toEqual([
      422,
      "invalid_request",
      "/limit",
    ]);
    expect(await put("tenant", { limit: 1, expiresAt: "2026-01-02T00:00:00Z" })).toEqual([
      422,
      "invalid_request",
      "/expiresAt",
    ]);
    expect(await put("tenant?subject=user:*", { limit: 1 })).toEqual([422, "invalid_request", "/query/subject"]);
    expect(await put("user?subject=user:me", { limit: 1 })).toEqual([422, "invalid_request", "/query/subject"]);
    expect(await problemOf(operate("GET", "/rate-limits/tenant"))).toEqual([404, "not_found"]);
    const nobody = "/v1/platform/tenants/ten_nobody/rate-limits/tenant";
    const asked = {
      method: "PUT",
      key: OPERATOR,
      body: '{"limit":1}',
      headers: { "content-type": "application/json" },
    };
    expect(await problemOf(call(nobody, asked))).toEqual([404, "not_found"]);
    expect(await problemOf(call(nobody.replace("nobody", "platform"), asked))).toEqual([409, "tenant_not_in_state"]);
  });

  it("who may: operators of the platform; a tenant's admin and its keys only read", async () => {
    const { call } = world();
    for (const key of [ADMIN_TOKEN, "key-of-one"]) {
      for (const [method, path] of [
        ["PUT", "rate-limits/tenant"],
        ["DELETE", "rate-limits/tenant"],
        ["GET", "rate-limits/tenant"],
        ["GET", "rate-limits"],
        ["DELETE", "rate-limit-counts"],
      ] as const) {
        const refused = call(`/v1/platform/tenants/ten_one1/${path}`, { method, key });
        expect(await problemOf(refused)).toEqual([403, "forbidden"]);
      }
    }
    expect((await call("/v1/rate-limits/overrides", { key: "key-to-read" })).status).toBe(403);
  });

  it("is audited, with what was there before and after", async () => {
    const { operate, auditOf } = world();
    await operate("PUT", "/rate-limits/tenant", { limit: 9 });
    await operate("PUT", "/rate-limits/tenant", { limit: 10 });
    await operate("DELETE", "/rate-limits/tenant");
    const { rows } = await auditOf("ten_platform").search({ filter: {}, before: null, limit: 10 });
    rows.reverse();
    expect(rows.map(({ action, event, resource }) => [action, event, resource?.id])).toEqual([
      ["setTenantRateLimit", "system.configuration_changed", "ten_one1 tenant tenant"],
      ["setTenantRateLimit", "system.configuration_changed", "ten_one1 tenant tenant"],
      ["deleteTenantRateLimit", "system.configuration_changed", "ten_one1 tenant tenant"],
    ]);
    expect(rows[1]).toMatchObject({ before: { limit: 9 }, after: { limit: 10 } });
    expect(rows[2]).toMatchObject({ before: { limit: 10 }, after: null });
  });
});

describe("an operator forgets what is counted on a tenant", () => {
  it("accepts: on all of it, or on one user or key; limits stay, and others' counts too", async () => {
    const made = world(JSON.stringify([{ name: "key", algorithm: "fixed-window", limit: 2 }]));
    const get = async (key?: string): Promise<number> =>
      (await made.call("/v1/assets", key === undefined ? {} : { key })).status;
    expect([await get(), await get(), await get(), await get("key-of-two")]).toEqual([200, 200, 429, 200]);
    await made.operate("PUT", "/rate-limits/tenant", { limit: 100 });
    expect(await json(made.operate("DELETE", "/rate-limit-counts?subject=key:key_01KA00000000000000000000K1"))).toEqual(
      {
        forgotten: 0,
      },
    );
    expect(await get()).toBe(429);
    // Of the key, and of the tenant.
    expect(await json(made.operate("DELETE", "/rate-limit-counts"))).toEqual({ forgotten: 2 });
    expect([await get(), await get(), await get()]).toEqual([200, 200, 429]);
    expect([await get("key-of-two"), await get("key-of-two")]).toEqual([200, 429]);
    expect(await json(made.operate("GET", "/rate-limits"))).toMatchObject({
      overrides: [{ rule: "tenant", limit: 100 }],
    });
    const { rows } = await made.auditOf("ten_platform").search({ filter: {}, before: null, limit: 1 });
    expect(rows).toMatchObject([
      {
        action: "resetTenantRateLimits",
        resource: { id: "ten_one1 all" },
        before: { counts: 2 },
        after: { counts: 0 },
      },
    ]);
  });

  it("refuses a tenant that is not there, and a subject that is none", async () => {
    const { call, operate } = world();
    const asked = { method: "DELETE", key: OPERATOR };
    expect(await problemOf(call("/v1/platform/tenants/ten_nobody/rate-limit-counts", asked))).toEqual([
      404,
      "not_found",
    ]);
    expect(await problemOf(operate("DELETE", "/rate-limit-counts?subject=everybody"))).toEqual([
      422,
      "invalid_request",
      "/query/subject",
    ]);
  });
});
