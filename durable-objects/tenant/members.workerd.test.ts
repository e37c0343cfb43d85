import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type TenantStub, tenantObject } from "../addresses.ts";

let tenants = 0;
async function freshTenant(): Promise<{ tenant: TenantStub; raw: DurableObjectStub }> {
  tenants += 1;
  const id = `ten_members${tenants}`;
  const tenant = tenantObject(env, id);
  await tenant.createTenant({ tenant: id, name: "Members", residency: "any" }, null);
  return { tenant, raw: env.TENANT.get(env.TENANT.idFromName(id)) };
}

const ada = { userId: "usr_ada", email: " Ada@Example.com ", username: "Ada", role: "admin" } as const;
const bob = { userId: "usr_bob", email: "bob@example.com", username: null, role: "user" } as const;

describe("members of a tenant", () => {
  it("M1: one address and one name belong to one member, whatever their case, and to one per tenant only", async () => {
    const { tenant, raw } = await freshTenant();
    expect(await tenant.reserveMember(ada, null)).toEqual({
      ok: true,
      value: { userId: "usr_ada", email: "ada@example.com", username: "ada", role: "admin", status: "reserved" },
    });
    await tenant.confirmMember("usr_ada", "active");
    await evictDurableObject(raw);
    expect(await tenant.reserveMember({ ...bob, email: "ADA@example.COM" }, null)).toMatchObject({
      error: { code: "email_taken" },
    });
    expect(await tenant.reserveMember({ ...bob, username: "ADA" }, null)).toMatchObject({
      error: { code: "username_taken" },
    });
    const other = await freshTenant();
    expect(await other.tenant.reserveMember({ ...ada, userId: "usr_else" }, null)).toMatchObject({ ok: true });
  });

  it("are found by either login, not before they are confirmed", async () => {
    const { tenant } = await freshTenant();
    await tenant.reserveMember(ada, null);
    expect(await tenant.memberByLogin("ada@example.com")).toBeNull();
    await tenant.confirmMember("usr_ada", "pending");
    for (const login of ["ADA@example.com", "ada"]) {
      expect(await tenant.memberByLogin(login)).toMatchObject({ userId: "usr_ada", status: "pending" });
    }
    expect(await tenant.memberByLogin("bob")).toBeNull();
  });

  it("are listed by id, page by page, by role and status, without reservations", async () => {
    const { tenant } = await freshTenant();
    const page = { after: null, limit: 10, role: null, status: null };
    expect(await tenant.listMembers(page)).toEqual([]);
    for (const [id, role] of [
      ["usr_c", "user"],
      ["usr_a", "admin"],
      ["usr_b", "user"],
      ["usr_d", "user"],
    ] as const) {
      await tenant.reserveMember({ userId: id, email: `${id}@example.com`, username: null, role }, null);
      if (id !== "usr_d") await tenant.confirmMember(id, id === "usr_b" ? "invited" : "active");
    }
    const ids = async (over: object): Promise<string[]> =>
      (await tenant.listMembers({ ...page, ...over })).map(({ userId }) => userId);
    expect(await ids({})).toEqual(["usr_a", "usr_b", "usr_c"]);
    expect(await ids({ limit: 2 })).toEqual(["usr_a", "usr_b"]);
    expect(await ids({ after: "usr_b" })).toEqual(["usr_c"]);
    expect(await ids({ role: "user" })).toEqual(["usr_b", "usr_c"]);
    expect(await ids({ status: "active", role: "user" })).toEqual(["usr_c"]);
  });

  it("M2: a reservation that nobody confirmed falls to the next", async () => {
    const { tenant, raw } = await freshTenant();
    await tenant.reserveMember(ada, null);
    const thief = { ...ada, userId: "usr_next" };
    expect(await tenant.reserveMember(thief, null)).toMatchObject({ error: { code: "email_taken" } });
    await runInDurableObject(raw, (_instance, { storage }) => {
      storage.sql.exec("UPDATE members SET reserved_until = reserved_until - 900000");
    });
    expect(await tenant.reserveMember(thief, null)).toMatchObject({ ok: true });
    expect(await tenant.member("usr_ada")).toBeNull();
  });

  it("M3: the last active admin is neither removed nor made less", async () => {
    const { tenant } = await freshTenant();
    for (const member of [ada, bob]) {
      await tenant.reserveMember(member, null);
      await tenant.confirmMember(member.userId, "active");
    }
    const lessen = [
      () => tenant.updateMember("usr_ada", { role: "user" }),
      () => tenant.updateMember("usr_ada", { status: "inactive" }),
      () => tenant.removeMember("usr_ada"),
    ];
    for (const each of lessen) expect(await each()).toMatchObject({ error: { code: "last_admin" } });
    expect(await tenant.updateMember("usr_bob", { role: "admin", username: "bob" })).toMatchObject({ ok: true });
    expect(await tenant.memberCounts()).toEqual({ members: 2, activeAdmins: 2 });
    expect(await tenant.removeMember("usr_ada")).toEqual({ ok: true, value: null });
    expect(await tenant.removeMember("usr_ada")).toEqual({ ok: true, value: null });
    expect(await tenant.updateMember("usr_bob", { username: null })).toMatchObject({ value: { username: null } });
    expect(await tenant.removeMember("usr_bob")).toMatchObject({ error: { code: "last_admin" } });
  });

  it("a repeated reservation answers as the first; nobody joins a suspended tenant", async () => {
    const { tenant } = await freshTenant();
    const once = { key: "reserve", fingerprint: "ada" };
    const first = await tenant.reserveMember(ada, once);
    await tenant.confirmMember("usr_ada", "active");
    expect(await tenant.reserveMember(ada, once)).toEqual({ ...first, replayed: true });
    await tenant.suspendTenant();
    expect(await tenant.reserveMember(bob, null)).toMatchObject({ error: { code: "tenant_suspended" } });
  });
});
