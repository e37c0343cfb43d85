import { beforeEach, describe, expect, it, vi } from "vitest";
import type { TenantView } from "../../../../shared/contracts/tenant.ts";
import { KEY, makeWorld, OPERATOR, type World } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

const send = (
  world: World,
  method: string,
  path: string,
  body: object | null = null,
  headers: Record<string, string> = {},
) =>
  world.call(`/v1/platform/tenants${path}`, {
    method,
    key: OPERATOR,
    headers: { "content-type": "application/json", ...headers },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });
const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T;
const create = (world: World, body: object): Promise<TenantView> => json(send(world, "POST", "", body));

describe("/v1/platform/tenants", () => {
  it("accepts: creates a tenant whose id tells its residency, and lists it", async () => {
    const world = makeWorld();
    const answer = await send(world, "POST", "", { name: "Harbour", residency: "eu" });
    const made = (await answer.json()) as TenantView;
    expect([answer.status, answer.headers.get("location")]).toEqual([201, `/v1/platform/tenants/${made.id}`]);
    expect(made).toMatchObject({ name: "Harbour", residency: "eu", status: "active", members: 0 });
    expect(made.id).toMatch(/^ten_eu[0-9]{26}$/);
    const others = [await create(world, { name: "B" }), await create(world, { name: "C" })];
    const first = await json<{ tenants: TenantView[]; next: string }>(send(world, "GET", "?limit=2"));
    const second = await json<typeof first>(send(world, "GET", `?limit=2&cursor=${first.next}`));
    expect([...first.tenants, ...second.tenants].map(({ id }) => id)).toEqual([...others.map(({ id }) => id), made.id]);
    expect(second.next).toBeNull();
    expect(await json(send(world, "GET", `/${made.id}`))).toEqual(made);
  });

  it("accepts a repetition: one tenant, also when the first request was cut short between list and tenant", async () => {
    const world = makeWorld();
    const key = { "idempotency-key": "once" };
    const cut = vi.spyOn(world.tenantOf("ten_00000000000000000000000001"), "createTenant");
    cut.mockRejectedValueOnce(new Error("away"));
    vi.spyOn(console, "error").mockReturnValue(undefined);
    expect((await send(world, "POST", "", { name: "A" }, key)).status).toBe(500);
    expect(await json(send(world, "GET", ""))).toEqual({ tenants: [], next: null });
    const again = await json<TenantView>(send(world, "POST", "", { name: "A" }, key));
    expect(again.id).toBe("ten_00000000000000000000000001");
    expect(await json(send(world, "POST", "", { name: "A" }, key))).toEqual(again);
    expect((await send(world, "POST", "", { name: "B" }, key)).status).toBe(422);
    expect(await json(send(world, "GET", ""))).toMatchObject({ tenants: [{ id: again.id }], next: null });
  });

  it("accepts: invites the first admin, once", async () => {
    const world = makeWorld();
    const body = { name: "Harbour", adminEmail: "Ada@Example.com" };
    const key = { "idempotency-key": "once" };
    const { id, members } = await json<TenantView>(send(world, "POST", "", body, key));
    expect(members).toBe(1);
    expect((await json<TenantView>(send(world, "POST", "", body, key))).id).toBe(id);
    const member = await world.membersOf(id).memberByLogin("ada@example.com");
    expect(member).toMatchObject({ role: "admin", status: "invited" });
    const account = await world.accountOf(id, member?.userId ?? "").get();
    expect(account).toMatchObject({ value: { email: "ada@example.com", role: "admin", status: "invited" } });
    expect((await send(world, "POST", "", { name: "Harbour", adminEmail: "no address" })).status).toBe(422);
  });

  it("accepts: suspends, resumes, and sets quotas", async () => {
    const world = makeWorld();
    const { id } = await create(world, { name: "A" });
    expect(await json(send(world, "POST", `/${id}/suspend`))).toMatchObject({ status: "suspended", version: 2 });
    expect(await json(send(world, "POST", `/${id}/suspend`))).toMatchObject({ status: "suspended", version: 2 });
    expect(await json(send(world, "POST", `/${id}/resume`))).toMatchObject({ status: "active", version: 3 });
    const { quotas } = await json<{ quotas: object[] }>(send(world, "PUT", `/${id}/quotas`, { assets: 5, jobs: null }));
    expect(quotas[0]).toMatchObject({ quota: "assets", limit: 5 });
    expect(await world.tenantOf(id).reserveQuota("many", { assets: 6 })).toMatchObject({
      error: { code: "quota_exceeded" },
    });
  });

  it("refuses: a tenant that is not there, a residency that is none, a negative limit, the platform's own suspension", async () => {
    const world = makeWorld();
    expect((await send(world, "GET", "/ten_nobody")).status).toBe(404);
    expect((await send(world, "POST", "/ten_nobody/suspend")).status).toBe(404);
    expect((await send(world, "PUT", "/ten_nobody/quotas", { assets: 1 })).status).toBe(404);
    expect((await send(world, "POST", "", { name: "A", residency: "moon" })).status).toBe(422);
    expect((await send(world, "PUT", "/ten_one1/quotas", { assets: -1 })).status).toBe(422);
    expect((await send(world, "POST", "/ten_platform/suspend")).status).toBe(409);
    expect((await send(world, "GET", "?cursor=x.y")).status).toBe(422);
  });

  it("who may: operators of the platform; an admin's `*` is not enough", async () => {
    const world = makeWorld();
    expect((await world.call("/v1/platform/tenants", { key: KEY })).status).toBe(403);
    expect((await world.call("/v1/platform/tenants/ten_two2/suspend", { method: "POST", key: KEY })).status).toBe(403);
    expect(await json(world.call("/v1/tenant", { key: "key-of-two" }))).toMatchObject({ status: "active" });
  });
});
