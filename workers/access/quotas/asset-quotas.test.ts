import { describe, expect, it, vi } from "vitest";
import { FakeTenant } from "../../api/fakes/tenant.ts";
import { createAssetQuotas } from "./asset-quotas.ts";

function world() {
  const tenant = new FakeTenant("ten_one1", "One");
  const clock = { nowMs: 1_000_000 };
  const quotas = createAssetQuotas({ tenant: () => tenant, now: () => clock.nowMs });
  const asked = vi.spyOn(tenant, "limitsAssets");
  const reserved = vi.spyOn(tenant, "reserveQuota");
  return { tenant, clock, quotas, asked, reserved };
}

describe("quotas of assets", () => {
  it("A1: 1,000 assets of a tenant without limits are one question", async () => {
    const { quotas, asked, reserved } = world();
    for (let i = 0; i < 1_000; i += 1) {
      expect((await quotas.reserve("ten_one1", `ast_${i}`, 10)).ok).toBe(true);
    }
    expect([asked.mock.calls.length, reserved.mock.calls.length]).toEqual([1, 0]);
  });

  it("A1: a limit counts from the moment when no lease runs any more", async () => {
    const { quotas, tenant, clock } = world();
    await quotas.reserve("ten_one1", "ast_before", 10);
    await tenant.setQuotas({ assets: 1 });
    clock.nowMs += 2_000;
    expect((await quotas.reserve("ten_one1", "ast_a", 0)).ok).toBe(true);
    expect(await quotas.reserve("ten_one1", "ast_b", 0)).toMatchObject({ error: { code: "quota_exceeded" } });
  });

  it("A2: told twice an asset counts once, with the bytes that came; deleted it counts no more", async () => {
    const { quotas, tenant } = world();
    await tenant.setQuotas({ assets: 10, bytes: 100 });
    for (let i = 0; i < 2; i += 1) await quotas.reserve("ten_one1", "ast_a", 40);
    for (let i = 0; i < 2; i += 1) await quotas.settle("ten_one1", "ast_a", 60);
    expect((await tenant.quotas()).slice(0, 2)).toMatchObject([
      { quota: "assets", used: 1, reserved: 0 },
      { quota: "bytes", used: 60, reserved: 0 },
    ]);
    expect(await quotas.reserve("ten_one1", "ast_b", 41)).toMatchObject({ error: { code: "quota_exceeded" } });
    await quotas.release("ten_one1", "ast_a");
    expect((await quotas.reserve("ten_one1", "ast_b", 100)).ok).toBe(true);
  });
});
