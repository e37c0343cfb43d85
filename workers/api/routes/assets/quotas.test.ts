/** What assets take of a tenant's quotas, through the routes. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { makeWorld, type World } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

const codeOf = async (response: Response): Promise<unknown> => [
  response.status,
  ((await response.json()) as { code?: unknown }).code,
];
const upload = (world: World, id: string, body: string): Promise<Response> =>
  world.call(`/v1/assets/${id}/content?complete=true`, {
    method: "PUT",
    body,
    headers: { "content-length": String(body.length) },
  });
const held = async (world: World): Promise<unknown> =>
  (await world.tenantOf("ten_one1").quotas()).slice(0, 2).map(({ used, reserved }) => [used, reserved]);

async function limited(limits: { assets?: number; bytes?: number }): Promise<World> {
  const world = makeWorld();
  await world.tenantOf("ten_one1").setQuotas(limits);
  return world;
}

describe("quotas of assets", () => {
  it("refuse the asset that is one too many, until one is deleted; another tenant is not touched", async () => {
    const world = await limited({ assets: 1 });
    const id = await world.create();
    expect(await codeOf(await world.post("/v1/assets", { name: "b.jpg" }))).toEqual([403, "quota_exceeded"]);
    expect(world.assets.size).toBe(1);
    const theirs = { name: "b.jpg" };
    const other = await world.call("/v1/assets", {
      method: "POST",
      key: "key-of-two",
      body: JSON.stringify(theirs),
      headers: { "content-type": "application/json" },
    });
    expect(other.status).toBe(201);
    expect((await world.call(`/v1/assets/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await world.post("/v1/assets", { name: "b.jpg" })).status).toBe(201);
    expect(await codeOf(await world.call(`/v1/assets/${id}/restore`, { method: "POST" }))).toEqual([
      403,
      "quota_exceeded",
    ]);
  });

  it("count what was announced, then what came; bytes beyond the limit are refused before they are read", async () => {
    const world = await limited({ bytes: 10 });
    const id = await world.create({ name: "a.jpg", sizeBytes: 4 });
    expect(await held(world)).toEqual([
      [0, 1],
      [0, 4],
    ]);
    expect(await codeOf(await world.post("/v1/assets", { name: "b.jpg", sizeBytes: 7 }))).toEqual([
      403,
      "quota_exceeded",
    ]);
    const open = await world.create({ name: "b.jpg" });
    expect(await codeOf(await upload(world, open, "1234567"))).toEqual([403, "quota_exceeded"]);
    expect((await upload(world, open, "123456")).status).toBe(200);
    expect((await upload(world, id, "1234")).status).toBe(200);
    expect(await held(world)).toEqual([
      [2, 0],
      [10, 0],
    ]);
  });

  it("count once what is sent twice, and again what is restored", async () => {
    const world = await limited({ assets: 5 });
    const once = { "idempotency-key": "once" };
    for (let i = 0; i < 2; i += 1) await world.post("/v1/assets", { name: "a.jpg" }, once);
    const answer = await world.post("/v1/assets", { name: "a.jpg" }, once);
    const { id } = (await answer.json()) as { id: string };
    expect((await upload(world, id, "123")).status).toBe(200);
    expect((await world.post(`/v1/assets/${id}/complete`, {})).status).toBe(200);
    expect(await held(world)).toEqual([
      [1, 0],
      [3, 0],
    ]);
    await world.call(`/v1/assets/${id}`, { method: "DELETE" });
    expect(await held(world)).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect((await world.call(`/v1/assets/${id}/restore`, { method: "POST" })).status).toBe(200);
    expect(await held(world)).toEqual([
      [1, 0],
      [3, 0],
    ]);
  });
});
