/** Q5: what assets hold of their tenant's quotas, when requests are cut off between the tenant and the asset. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { mediaAsset, type MediaAssetStub, type TenantStub, tenantObject } from "../addresses.ts";
import { SHA } from "../media-asset/testing/assets.ts";

let count = 0;
async function limited(): Promise<{
  tenant: string;
  object: TenantStub;
  raw: DurableObjectStub;
  asset: MediaAssetStub;
  assetId: string;
  rawAsset: DurableObjectStub;
}> {
  count += 1;
  const tenant = `ten_holds${count}`;
  const object = tenantObject(env, tenant);
  await object.createTenant({ tenant, name: "Holds", residency: "any" }, null);
  await object.setQuotas({ assets: 2, bytes: 100 });
  const assetId = `ast_${String(count).padStart(26, "3")}`;
  return {
    tenant,
    object,
    assetId,
    raw: env.TENANT.get(env.TENANT.idFromName(tenant)),
    rawAsset: env.MEDIA_ASSET.get(env.MEDIA_ASSET.idFromName(`${tenant}/${assetId}`)),
    asset: mediaAsset(env, tenant, assetId),
  };
}
type Limited = Awaited<ReturnType<typeof limited>>;

/** `[used, reserved]` of assets and of bytes. */
const held = async ({ object }: Limited): Promise<unknown> =>
  (await object.quotas()).slice(0, 2).map(({ used, reserved }) => [used, reserved]);
const settles = (on: Limited, expected: unknown): Promise<unknown> =>
  vi.waitFor(
    async () => {
      await runDurableObjectAlarm(on.rawAsset);
      expect(await held(on)).toEqual(expected);
    },
    { timeout: 15_000 },
  );
const NOTHING = [
  [0, 0],
  [0, 0],
];
/** Every reservation is over now. */
async function reservationsEnd({ raw }: Limited): Promise<void> {
  await runInDurableObject(raw, (_instance, { storage }) =>
    storage.sql.exec("UPDATE quota_claims SET expires_at = 1 WHERE expires_at IS NOT NULL"),
  );
  await runDurableObjectAlarm(raw);
}
async function uploads({ asset }: Limited, sizeBytes: number): Promise<void> {
  const grant = await asset.beginUpload();
  if (!grant.ok) throw new Error(grant.error.code);
  await env.MEDIA.put(grant.value.key, "abc");
  await asset.finishUpload(grant.value.upload, { sizeBytes, sha256: SHA });
  expect((await asset.complete({})).ok).toBe(true);
}
const create = ({ asset, tenant, assetId }: Limited, sizeBytes: number) =>
  asset.create({ tenant, assetId, body: { name: "a.png", sizeBytes }, counted: true });

describe("what an asset holds", () => {
  it("is nothing when the request was cut off before the asset was made: its place is free after 10 minutes", async () => {
    const on = await limited();
    const beganMs = Date.now();
    await on.object.reserveQuota(on.assetId, { assets: 1, bytes: 60 });
    const due = await runInDurableObject(on.raw, (_instance, { storage }) =>
      storage.sql.exec<{ at: number }>("SELECT max(expires_at) AS at FROM quota_claims").one(),
    );
    expect(due.at - beganMs).toBeGreaterThanOrEqual(600_000);
    expect(due.at - beganMs).toBeLessThan(605_000);
    await reservationsEnd(on);
    expect(await held(on)).toEqual(NOTHING);
  });

  it("is what the asset says once it is made, whatever the request still told: no reservation runs out under it", async () => {
    const on = await limited();
    await on.object.reserveQuota(on.assetId, { assets: 1, bytes: 60 });
    await create(on, 60);
    await vi.waitFor(async () => {
      const open = await runInDurableObject(on.raw, (_instance, { storage }) =>
        storage.sql.exec("SELECT 1 FROM quota_claims WHERE expires_at IS NOT NULL").toArray(),
      );
      expect(open).toEqual([]);
    });
    await reservationsEnd(on);
    expect(await held(on)).toEqual([
      [0, 1],
      [0, 60],
    ]);
  });

  it("is settled by the asset when the request was cut off after the upload was completed, over evictions and a tenant that was away", async () => {
    const on = await limited();
    await on.object.reserveQuota(on.assetId, { assets: 1, bytes: 60 });
    await create(on, 60);
    vi.spyOn(console, "error").mockReturnValue(undefined);
    // In this life the asset finds no tenant.
    await runInDurableObject(on.rawAsset, (instance) => {
      const own = (instance as unknown as { env: Env }).env;
      Object.assign(instance, { env: { ...own, TENANT: null } });
    });
    await uploads(on, 60);
    await evictDurableObject(on.rawAsset);
    await evictDurableObject(on.raw);
    await settles(on, [
      [1, 0],
      [60, 0],
    ]);
    // What a slow request still tells changes nothing.
    await on.object.settleQuota(on.assetId, { assets: 1, bytes: 99 });
    expect(await held(on)).toEqual([
      [1, 0],
      [60, 0],
    ]);
  });

  it("is given back by the asset when the request was cut off after the deletion, and taken again when it is restored", async () => {
    const on = await limited();
    await on.object.reserveQuota(on.assetId, { assets: 1, bytes: 60 });
    await create(on, 60);
    await uploads(on, 60);
    await on.asset.delete();
    await evictDurableObject(on.rawAsset);
    await settles(on, NOTHING);
    await on.object.settleQuota(on.assetId, { assets: 1, bytes: 60 });
    expect(await held(on)).toEqual(NOTHING);
    await on.asset.restore();
    await settles(on, [
      [1, 0],
      [60, 0],
    ]);
    await on.asset.delete({ purge: true });
    await settles(on, NOTHING);
  });

  it("keeps the place of an upload under way that is larger than was announced, and falls back when it came to nothing", async () => {
    const on = await limited();
    await on.object.holdAsset(on.assetId, { seq: 1, held: { bytes: 10, settled: false } });
    await on.object.reserveQuota(on.assetId, { assets: 1, bytes: 80 });
    // The first word of the asset comes late, and again.
    await on.object.holdAsset(on.assetId, { seq: 2, held: { bytes: 10, settled: false } });
    await on.object.holdAsset(on.assetId, { seq: 1, held: null });
    expect(await held(on)).toEqual([
      [0, 1],
      [0, 80],
    ]);
    await reservationsEnd(on);
    expect(await held(on)).toEqual([
      [0, 1],
      [0, 10],
    ]);
    await on.object.holdAsset(on.assetId, { seq: 3, held: { bytes: 30, settled: true } });
    expect(await held(on)).toEqual([
      [1, 0],
      [30, 0],
    ]);
  });

  it("costs nothing where there are no limits: the asset says nothing", async () => {
    const on = await limited();
    await on.asset.create({ tenant: on.tenant, assetId: on.assetId, body: { name: "a.png" } });
    await uploads(on, 3);
    await on.asset.delete();
    const rows = await runInDurableObject(on.rawAsset, (_instance, { storage }) =>
      storage.sql.exec("SELECT target FROM outbox WHERE target = 'object:tenant'").toArray(),
    );
    expect(rows).toEqual([]);
    const told = await runInDurableObject(on.raw, (_instance, { storage }) =>
      storage.sql.exec("SELECT * FROM quota_told").toArray(),
    );
    expect(told).toEqual([]);
  });
});
