import { beforeEach, describe, expect, it, vi } from "vitest";
import { makeWorld, type World } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

const rename = (world: World, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  world.call("/v1/tenant", {
    method: "PUT",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

describe("/v1/tenant", () => {
  it("accepts: each caller reads their own", async () => {
    const world = makeWorld();
    const answer = await world.call("/v1/tenant");
    expect(answer.headers.get("etag")).toBe('"v1"');
    expect(await answer.json()).toMatchObject({
      id: "ten_one1",
      name: "One",
      status: "active",
      residency: "any",
      members: 0,
      version: 1,
    });
    expect(await (await world.call("/v1/tenant", { key: "key-of-two" })).json()).toMatchObject({ id: "ten_two2" });
  });

  it("accepts a new name for the version that was seen, refuses it for an older one, and an empty name", async () => {
    const world = makeWorld();
    const renamed = await rename(world, { name: "Uno" }, { "if-match": '"v1"' });
    expect([renamed.status, renamed.headers.get("etag")]).toEqual([200, '"v2"']);
    expect(await renamed.json()).toMatchObject({ name: "Uno", version: 2 });
    expect((await rename(world, { name: "Eins" }, { "if-match": '"v1"' })).status).toBe(412);
    expect((await rename(world, { name: "" })).status).toBe(422);
    expect(await (await world.call("/v1/tenant")).json()).toMatchObject({ name: "Uno" });
  });

  it("accepts: usage by day and quotas with what is held", async () => {
    const world = makeWorld();
    const tenant = world.tenantOf("ten_one1");
    tenant.days.push({ day: "2026-01-02", jobs: 2, computeMs: 900 }, { day: "2026-01-01", jobs: 1, computeMs: 5 });
    expect(await (await world.call("/v1/tenant/usage?limit=1")).json()).toEqual({
      days: [{ day: "2026-01-02", jobs: 2, computeMs: 900 }],
    });
    await tenant.setQuotas({ assets: 3 });
    await tenant.reserveQuota("ast_1", { assets: 1, bytes: 10 });
    const { quotas } = (await (await world.call("/v1/tenant/quotas")).json()) as { quotas: object[] };
    expect(quotas.slice(0, 2)).toEqual([
      { quota: "assets", limit: 3, used: 0, reserved: 1, period: null },
      { quota: "bytes", limit: null, used: 0, reserved: 10, period: null },
    ]);
  });

  it("who may: a key that reads assets learns neither quotas nor usage", async () => {
    const { call } = makeWorld();
    for (const path of ["/v1/tenant", "/v1/tenant/quotas", "/v1/tenant/usage"]) {
      expect((await call(path, { key: "key-to-read" })).status).toBe(403);
    }
  });
});
