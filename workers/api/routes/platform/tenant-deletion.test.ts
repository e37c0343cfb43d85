import { beforeEach, describe, expect, it, vi } from "vitest";
import { KEY, makeWorld, OPERATOR, type World } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

const PATH = "/v1/platform/tenants/ten_two2";
const ask = async (
  world: World,
  method: string,
  path: string,
  key = OPERATOR,
  headers: Record<string, string> = {},
) => {
  const answer = await world.call(path, { method, key, headers });
  const text = await answer.text();
  // SAFETY: the tests look at what they name.
  return { status: answer.status, body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>, answer };
};
const doom = async (world: World): Promise<void> => {
  await ask(world, "POST", `${PATH}/suspend`);
  await ask(world, "DELETE", `${PATH}?confirm=ten_two2`);
};

describe("deleting a tenant", () => {
  it("accepts: a suspended one whose id is repeated, any number of times, and shows how it stands", async () => {
    const world = makeWorld();
    expect((await ask(world, "GET", `${PATH}/deletion`)).status).toBe(404);
    await ask(world, "POST", `${PATH}/suspend`);
    const begun = await ask(world, "DELETE", `${PATH}?confirm=ten_two2`);
    expect(begun).toMatchObject({
      status: 202,
      body: { status: "running", step: "stop-access", attempts: 0, reason: null, endedAt: null, counts: { assets: 0 } },
    });
    const again = await ask(world, "DELETE", `${PATH}?confirm=ten_two2`);
    expect([again.status, again.body]).toEqual([202, begun.body]);
    expect(await ask(world, "GET", `${PATH}/deletion`)).toMatchObject({ status: 200, body: begun.body });
    expect(await ask(world, "GET", PATH)).toMatchObject({ body: { status: "deleting" } });
  });

  it("refuses: what is not suspended, not repeated, not there, or the platform's own; and there is no way back", async () => {
    const world = makeWorld();
    expect(await ask(world, "DELETE", `${PATH}?confirm=ten_two2`)).toMatchObject({
      status: 409,
      body: { code: "tenant_not_in_state" },
    });
    for (const query of ["", "?confirm=ten_one1", "?confirm=", "?confirm=yes&force=true"]) {
      expect((await ask(world, "DELETE", PATH + query)).status).toBe(422);
    }
    expect(await ask(world, "DELETE", `${PATH}?confirm=TEN_TWO2`)).toMatchObject({
      status: 422,
      body: { code: "invalid_request", errors: [{ pointer: "/query/confirm" }] },
    });
    expect((await ask(world, "DELETE", "/v1/platform/tenants/ten_nobody?confirm=ten_nobody")).status).toBe(404);
    expect((await ask(world, "DELETE", "/v1/platform/tenants/ten_platform?confirm=ten_platform")).status).toBe(409);
    expect((await ask(world, "POST", `${PATH}/deletion/retry`)).status).toBe(404);
    await doom(world);
    expect((await ask(world, "POST", `${PATH}/resume`)).status).toBe(409);
  });

  it("accepts: an operator goes on with one that is stuck", async () => {
    const world = makeWorld();
    await doom(world);
    world.tenantOf("ten_two2").fail(16);
    expect(await ask(world, "GET", `${PATH}/deletion`)).toMatchObject({
      body: { status: "stuck", attempts: 16, reason: "purge-assets: away", retryAt: null },
    });
    expect(await ask(world, "POST", `${PATH}/deletion/retry`)).toMatchObject({
      status: 200,
      body: { status: "running", attempts: 0 },
    });
  });

  it("who may: operators of the platform; an admin's `*` is not enough", async () => {
    const world = makeWorld();
    expect((await ask(world, "DELETE", `${PATH}?confirm=ten_two2`, KEY)).status).toBe(403);
    expect((await ask(world, "GET", `${PATH}/deletion`, "key-of-two")).status).toBe(403);
    expect((await ask(world, "POST", `${PATH}/deletion/retry`, "key-of-two")).status).toBe(403);
  });
});
