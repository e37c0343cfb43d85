import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { QuotaName } from "../../shared/contracts/quota.ts";
import { type TenantStub, tenantObject } from "../addresses.ts";
import { QuotaStore } from "./quotas.ts";

let tenants = 0;
async function freshTenant(): Promise<{ tenant: TenantStub; raw: DurableObjectStub }> {
  tenants += 1;
  const id = `ten_quotas${tenants}`;
  const tenant = tenantObject(env, id);
  await tenant.createTenant({ tenant: id, name: "Quotas", residency: "any" }, null);
  return { tenant, raw: env.TENANT.get(env.TENANT.idFromName(id)) };
}

async function stateOf(tenant: TenantStub, quota: QuotaName): Promise<readonly [number, number]> {
  const found = (await tenant.quotas()).find((each) => each.quota === quota);
  return [found?.used ?? -1, found?.reserved ?? -1];
}

describe("quotas of a tenant", () => {
  it("are unlimited until one is set, and counted all the same", async () => {
    const { tenant } = await freshTenant();
    expect(await tenant.reserveQuota("ast_1", { assets: 1, bytes: 2 ** 50 })).toEqual({ ok: true, value: null });
    expect(await stateOf(tenant, "bytes")).toEqual([0, 2 ** 50]);
    expect((await tenant.quotas()).map(({ limit }) => limit)).toEqual([null, null, null, null, null]);
  });

  it("Q3: refuse what exceeds them, all or nothing, naming quota, use and limit", async () => {
    const { tenant } = await freshTenant();
    await tenant.setQuotas({ assets: 2, bytes: 100 });
    await tenant.reserveQuota("ast_1", { assets: 1, bytes: 60 });
    expect(await tenant.reserveQuota("ast_2", { assets: 1, bytes: 41 })).toEqual({
      ok: false,
      error: {
        code: "quota_exceeded",
        detail: "The quota bytes is 100; 60 are used or reserved, and this takes 41.",
      },
    });
    expect(await stateOf(tenant, "assets")).toEqual([0, 1]);
    expect(await tenant.reserveQuota("ast_2", { assets: 1, bytes: 40 })).toMatchObject({ ok: true });
  });

  it("Q3: of 50 at once, exactly as many get in as there is room for", async () => {
    const { tenant } = await freshTenant();
    await tenant.setQuotas({ jobs: 7 });
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) => tenant.reserveQuota(`job_${i}`, { jobs: 1 })),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(7);
  });

  it("Q2: a claim counts once however often it is made, settled or released, also after a restart", async () => {
    const { tenant, raw } = await freshTenant();
    await tenant.setQuotas({ bytes: 100 });
    for (let i = 0; i < 3; i += 1) await tenant.reserveQuota("ast_1", { bytes: 70 });
    await evictDurableObject(raw);
    expect(await tenant.reserveQuota("ast_1", { bytes: 90 })).toMatchObject({ ok: true });
    expect(await stateOf(tenant, "bytes")).toEqual([0, 90]);
    await tenant.settleQuota("ast_1", { bytes: 120 });
    await tenant.settleQuota("ast_1", { bytes: 5 });
    await tenant.reserveQuota("ast_1", { bytes: 1 });
    expect(await stateOf(tenant, "bytes")).toEqual([120, 0]);
    for (let i = 0; i < 2; i += 1) await tenant.releaseQuota("ast_1");
    expect(await stateOf(tenant, "bytes")).toEqual([0, 0]);
  });

  it("Q4: what is spent does not come back, and a new month begins anew", async () => {
    const { tenant, raw } = await freshTenant();
    await tenant.setQuotas({ gpuSeconds: 100 });
    const [lateNovember, december] = [Date.UTC(2026, 10, 30, 23, 59), Date.UTC(2026, 11, 1)];
    await runInDurableObject(raw, (_instance, { storage }) => {
      const store = new QuotaStore(storage.sql);
      store.settle("job_1", { gpuSeconds: 90 }, lateNovember);
      store.release("job_1");
      expect(store.reserve("job_2", { gpuSeconds: 11 }, lateNovember)).toMatchObject({ ok: false });
      expect(store.reserve("job_2", { gpuSeconds: 11 }, december)).toMatchObject({ ok: true });
      expect(store.states(december).find(({ quota }) => quota === "gpuSeconds")).toEqual({
        quota: "gpuSeconds",
        limit: 100,
        used: 0,
        reserved: 11,
        period: "2026-12",
      });
    });
  });

  it("a new limit is answered when nobody believes in none any more; taking it away waits for nothing", async () => {
    const { tenant } = await freshTenant();
    const askedAtMs = Date.now();
    expect(await tenant.limitsAssets()).toEqual({ value: false, leaseMs: 2_000 });
    await tenant.setQuotas({ gpuSeconds: 1 });
    expect(await tenant.limitsAssets()).toMatchObject({ value: false });
    await tenant.setQuotas({ bytes: 5 });
    expect(Date.now() - askedAtMs).toBeGreaterThanOrEqual(2_000);
    expect(await tenant.limitsAssets()).toMatchObject({ value: true });
    await tenant.setQuotas({ bytes: null });
    expect(await tenant.limitsAssets()).toMatchObject({ value: false });
  });

  it("are given back by the alarm when nobody settles, not before, and what was settled stays", async () => {
    const { tenant, raw } = await freshTenant();
    await tenant.reserveQuota("ast_orphan", { assets: 1 });
    await tenant.reserveQuota("ast_kept", { assets: 1 });
    await tenant.settleQuota("ast_kept", { assets: 1 });
    expect(await runDurableObjectAlarm(raw)).toBe(true);
    expect(await stateOf(tenant, "assets")).toEqual([1, 1]);
    await runInDurableObject(raw, (_instance, { storage }) => {
      storage.sql.exec("UPDATE quota_claims SET expires_at = expires_at - 90000000");
    });
    expect(await runDurableObjectAlarm(raw)).toBe(true);
    expect(await stateOf(tenant, "assets")).toEqual([1, 0]);
  });
});
