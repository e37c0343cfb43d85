/** The deletion of a tenant with its real objects; only the database is a stand-in. */
import { evictDurableObject, listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { parseApiKey } from "../../shared/core/access/api-key.ts";
import { auditLog, gpuJob, mediaAsset, rateLimiter, tenantObject, userAccount } from "../addresses.ts";
import { insight, inspection } from "../media-asset/testing/assets.ts";
import { everyRow } from "../runtime/testing/every-row.ts";
import type { DeletionWorld } from "./deletion/world.ts";
import type { Tenant } from "./object.ts";
import { worldOf } from "./deletion/world.ts";

/** In no other text of the file: whatever row still has it has kept something of the tenant. */
const canaryOf = (tenant: string): string => `canary-of-${tenant}`;
let assets = 0;
const newAssetId = (): string => `ast_${String((assets += 1)).padStart(26, "7")}`;
const rawOf = (tenant: string): DurableObjectStub<Tenant> =>
  env.TENANT.get(env.TENANT.idFromName(tenant)) as unknown as DurableObjectStub<Tenant>;

/** What the database has of all tenants, as `tenant/table/id`. */
const database = new Set<string>();
let databaseIsAway = false;
const rows: DeletionWorld["rows"] = {
  assetIds: async (tenant, after, limit) => {
    if (databaseIsAway) throw new Error("no database");
    return [...database]
      .filter((row) => row.startsWith(`${tenant}/assets/`))
      .map((row) => row.split("/")[2] ?? "")
      .filter((id) => id > (after ?? ""))
      .toSorted()
      .slice(0, limit);
  },
  erase: async (tenant) => {
    if (databaseIsAway) throw new Error("no database");
    const own = [...database].filter((row) => row.startsWith(`${tenant}/`));
    for (const row of own) database.delete(row);
    return own.length;
  },
};
const withDatabase = (tenant: string): Promise<void> =>
  runInDurableObject(rawOf(tenant), (instance) => {
    instance.world = (ownEnv, id) => ({ ...worldOf(ownEnv, id), rows });
  });

async function analysed(tenant: string): Promise<string> {
  const assetId = newAssetId();
  const asset = mediaAsset(env, tenant, assetId);
  await asset.create({ tenant, assetId, body: { name: `${canaryOf(tenant)}.png` } });
  const grant = await asset.beginUpload();
  if (!grant.ok) throw new Error(grant.error.code);
  await env.MEDIA.put(grant.value.key, canaryOf(tenant));
  await asset.finishUpload(grant.value.upload, { sizeBytes: 3, sha256: "a".repeat(64) });
  await asset.complete({});
  await asset.recordInspection(inspection);
  database.add(`${tenant}/assets/${assetId}`).add(`${tenant}/insights/${assetId}`);
  await vi.waitFor(async () => expect((await gpuJob(env, tenant, await jobOf(tenant, assetId)).get()).ok).toBe(true));
  return assetId;
}

async function jobOf(tenant: string, assetId: string): Promise<string> {
  const view = await mediaAsset(env, tenant, assetId).get();
  return view.ok ? (view.value.jobId ?? "") : "";
}

/** A tenant with something in every place there is. */
async function furnished(tenant: string) {
  const object = tenantObject(env, tenant);
  const { apiKey } = await object.bootstrap(tenant, canaryOf(tenant));
  await withDatabase(tenant);
  const key = parseApiKey(apiKey);
  if (key === null) throw new Error("not a key");
  const userIds = [1, 2].map((number) => `usr_${tenant.slice(4)}${String(number).padStart(20, "0")}`);
  for (const [index, userId] of userIds.entries()) {
    const names = { email: `${canaryOf(tenant)}-${index}@example.com`, username: null };
    await object.reserveMember({ userId, ...names, role: "admin" }, null);
    const account = { ...names, tenant, userId, fullName: canaryOf(tenant), role: "admin", permissions: [] } as const;
    await userAccount(env, tenant, userId).create({ ...account, kind: "invited", invitedBy: "test" }, null);
    await object.confirmMember(userId, "active");
  }
  // One has left: the account is still there.
  await object.removeMember(userIds[1] ?? "");
  const done = await analysed(tenant);
  const jobId = await jobOf(tenant, done);
  const base = { jobId, step: "ocr", status: "succeeded", reason: null, metadata: null } as const;
  await mediaAsset(env, tenant, done).recordStep({ ...base, insights: [insight(canaryOf(tenant))] });
  await env.MEDIA.put(`${tenant}/step-cache/${"a".repeat(64)}/x.json`, canaryOf(tenant));
  await env.MEDIA.put(`${tenant}/audit/000000000001-000000000002.ndjson`, "kept");
  const deleted = await analysed(tenant);
  await mediaAsset(env, tenant, deleted).delete();
  // Without bytes, and not in the index yet: only its message will tell of it.
  const uploading = newAssetId();
  const body = { name: `${canaryOf(tenant)}.mp4` };
  await mediaAsset(env, tenant, uploading).create({ tenant, assetId: uploading, body });
  await object.settle({ jobId: "job_old", assetId: done, attempts: [], computeMs: 5 });
  await object.setQuotas({ assets: 10 });
  const failed = {
    queue: "index",
    body: { tenant, canary: canaryOf(tenant) },
    messageId: "m",
    attempts: 5,
    error: null,
  };
  await object.keepDeadLetter(failed as never, done);
  const policy = { name: "api", algorithm: "fixed-window", limit: 10, windowMs: 3_600_000 };
  await rateLimiter(env, `tenant/${tenant}`).take([{ policy, subject: `tenant:${tenant}` }] as never, null);
  const intent = {
    tenant,
    event: "media.created",
    actor: { kind: "api-key", id: "key_1" },
    action: "createAsset",
    resource: { type: "asset", id: done },
    requestId: "req_1",
    method: "POST",
    route: "/v1/assets",
    address: "192.0.2.1",
    userAgent: null,
  } as const;
  const ending = {
    event: "media.created",
    outcome: "success",
    reason: null,
    status: 201,
    before: null,
    after: null,
  } as const;
  await auditLog(env, tenant).append([{ intent, ending }]);
  return { object, key, userIds, done, deleted, uploading, jobId };
}

async function deletionEnds(tenant: string): Promise<void> {
  await vi.waitFor(
    async () => {
      await runDurableObjectAlarm(rawOf(tenant));
      expect(await tenantObject(env, tenant).deletion()).toMatchObject({ value: { status: "completed" } });
    },
    { timeout: 25_000, interval: 200 },
  );
}

describe("the deletion of a tenant", () => {
  it("takes everything of it and nothing of another, over evictions and with a database that is away for a time", async () => {
    const [doomed, other] = ["ten_doomed1", "ten_other01"];
    const their = await furnished(other);
    const own = await furnished(doomed);
    await tenantObject(env, "ten_platform").enlistTenant({ tenant: doomed, createdAtMs: 1 }, null);
    await tenantObject(env, "ten_platform").enlistTenant({ tenant: other, createdAtMs: 1 }, null);
    vi.spyOn(console, "error").mockReturnValue(undefined);
    expect(await own.object.deleteTenant()).toMatchObject({ error: { code: "tenant_not_in_state" } });
    await own.object.suspendTenant();
    // Their outboxes have come to rest.
    const rowsOfOther = async (): Promise<string[]> => (await everyRow()).filter((row) => row.includes(other));
    const before = [await rowsOfOther(), await their.object.getTenant(), await their.object.quotas()];
    const blobs = async (tenant: string): Promise<string[]> =>
      (await env.MEDIA.list({ prefix: `${tenant}/` })).objects.map(({ key, etag }) => `${key} ${etag}`);
    const blobsBefore = await blobs(other);

    databaseIsAway = true;
    expect(await own.object.deleteTenant()).toMatchObject({ ok: true, value: { status: "running" } });
    // From this answer on nobody gets in, and nobody is told a lease that is still believed.
    expect(await own.object.authenticate(own.key.keyId, own.key.secret)).toBe("suspended");
    expect(await own.object.standing()).toMatchObject({ value: { active: false } });
    expect(await own.object.resumeTenant()).toMatchObject({ error: { code: "tenant_not_in_state" } });
    await vi.waitFor(
      async () => {
        await runDurableObjectAlarm(rawOf(doomed));
        expect(await own.object.deletion()).toMatchObject({
          value: { status: "running", step: "find-assets", reason: "find-assets: no database" },
        });
      },
      { timeout: 10_000 },
    );
    await evictDurableObject(rawOf(doomed));
    await withDatabase(doomed);
    databaseIsAway = false;
    // The message of the asset that nobody else has heard of arrives now.
    expect(await own.object.takeAsset(own.uploading)).toBe(true);
    const seen = new Set<string>();
    await vi.waitFor(
      async () => {
        await runDurableObjectAlarm(rawOf(doomed));
        const found = await own.object.deletion();
        if (!found.ok) throw new Error("no deletion");
        if (!seen.has(found.value.step)) {
          seen.add(found.value.step);
          await evictDurableObject(rawOf(doomed));
          await withDatabase(doomed);
        }
        expect(found.value.status).toBe("completed");
      },
      { timeout: 25_000, interval: 50 },
    );

    // Nothing of it is left but its tombstone and its audit log.
    const left = (await everyRow()).filter((row) => row.includes(doomed) || row.includes(canaryOf(doomed)));
    const places = new Set(left.map((row) => row.split(" ")[0] ?? ""));
    expect([...places].toSorted()).toEqual(["AUDIT_LOG.journal", "TENANT.profile"]);
    expect(left.join("\n")).not.toContain(canaryOf(doomed));
    for (const assetId of [own.done, own.deleted, own.uploading]) {
      expect(await tablesOf(env.MEDIA_ASSET, `${doomed}/${assetId}`)).toEqual([]);
    }
    expect(await tablesOf(env.GPU_JOB, `${doomed}/${own.jobId}`)).toEqual([]);
    for (const userId of own.userIds) expect(await tablesOf(env.USER_ACCOUNT, `${doomed}/${userId}`)).toEqual([]);
    expect(await tablesOf(env.RATE_LIMITER, `tenant/${doomed}`)).toEqual([]);
    expect(await blobs(doomed)).toEqual([expect.stringContaining(`${doomed}/audit/`)]);
    expect([...database].filter((row) => row.startsWith(doomed))).toEqual([]);
    expect(await own.object.deletion()).toMatchObject({
      value: {
        status: "completed",
        step: "done",
        attempts: 0,
        counts: { assets: 3, assetsPurged: 3, assetsErased: 3, rowsDeleted: 4, usersDeleted: 2 },
      },
    });
    expect(await tenantObject(env, "ten_platform").listTenants({ after: null, limit: 10 })).toEqual([other]);

    // The other has what it had.
    expect([await rowsOfOther(), await their.object.getTenant(), await their.object.quotas()]).toEqual(before);
    expect(await blobs(other)).toEqual(blobsBefore);
    expect(await their.object.authenticate(their.key.keyId, their.key.secret)).toMatchObject({
      value: { tenant: other },
    });
  });

  it("E2: nothing that comes late brings anything back, and the id is never given again", async () => {
    const tenant = "ten_doomed2";
    const { object, key, done, uploading } = await furnished(tenant);
    await object.suspendTenant();
    await object.deleteTenant();
    expect(await object.takeAsset(uploading)).toBe(true);
    await deletionEnds(tenant);
    const before = (await everyRow()).filter((row) => row.startsWith("TENANT.")).toSorted();
    await object.settle({ jobId: "job_late", assetId: done, attempts: [], computeMs: 5 });
    await object.keepDeadLetter(
      { queue: "index", body: { tenant }, messageId: "x", attempts: 5, error: null } as never,
      done,
    );
    await object.noteLastError("index", { tenant }, "late");
    await object.settleQuota(done, { assets: 1 });
    expect(await object.reserveQuota(done, { assets: 1 })).toMatchObject({ error: { code: "tenant_not_in_state" } });
    expect(await object.createTenant({ tenant, name: "Again", residency: "any" }, null)).toMatchObject({
      error: { code: "tenant_not_in_state" },
    });
    expect(await object.suspendTenant()).toMatchObject({ error: { code: "not_found" } });
    expect(await object.getTenant()).toMatchObject({ error: { code: "not_found" } });
    expect(await object.authenticate(key.keyId, key.secret)).toBeNull();
    expect(await object.deleteTenant()).toMatchObject({ value: { status: "completed" } });
    expect(await object.retryDeletion(null)).toMatchObject({ error: { code: "tenant_deletion_not_stuck" } });
    // An upload that ends late leaves an asset that was never found: it goes as well.
    const late = newAssetId();
    await mediaAsset(env, tenant, late).create({ tenant, assetId: late, body: { name: "late" } });
    expect(await object.takeAsset(late)).toBe(true);
    await vi.waitFor(
      async () => {
        await runDurableObjectAlarm(rawOf(tenant));
        expect(await tablesOf(env.MEDIA_ASSET, `${tenant}/${late}`)).toEqual([]);
        expect(await object.deletion()).toMatchObject({ value: { step: "done", counts: { assetsErased: 4 } } });
      },
      { timeout: 20_000, interval: 200 },
    );
    const after = (await everyRow()).filter((row) => row.startsWith("TENANT.")).toSorted();
    const withoutCounts = (all: string[]): string[] => all.filter((row) => !row.startsWith("TENANT.deletion"));
    expect(withoutCounts(after)).toEqual(withoutCounts(before));
  });

  it("asked for a tenant that never was, answers that there is none, and leaves no trace", async () => {
    const object = tenantObject(env, "ten_nobody9");
    expect(await object.deleteTenant()).toMatchObject({ error: { code: "not_found" } });
    expect(await object.deletion()).toMatchObject({ error: { code: "not_found" } });
    expect(await object.takeAsset("ast_1")).toBe(false);
    expect(await tablesOf(env.TENANT, "ten_nobody9")).toEqual([]);
  });
});

async function tablesOf(namespace: DurableObjectNamespace, name: string): Promise<unknown[]> {
  const id = namespace.idFromName(name);
  if (!(await listDurableObjectIds(namespace)).some((each) => each.equals(id))) return [];
  return runInDurableObject(namespace.get(id), (_instance, { storage }) =>
    storage.sql
      .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'")
      .toArray()
      .map(({ name: table }) => table),
  );
}
