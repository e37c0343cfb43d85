import { createExecutionContext, createMessageBatch, getQueueResult, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { mediaAsset, tenantObject } from "../../durable-objects/addresses.ts";
import type { AssetIndex } from "../../shared/ports/asset-index.ts";
import type { VectorIndex } from "../../shared/ports/vector-index.ts";
import { FakeUserIndex } from "../api/fakes/user-index.ts";
import { consumeInto } from "./consume.ts";

const assetId = `ast_${"5".repeat(26)}`;
const gone = `ast_${"6".repeat(26)}`;

it("publishes nothing of a tenant that is being deleted, whose object sees to the asset; of a suspended one it does", async () => {
  const applied: string[] = [];
  const index = {
    indexedSeq: async () => applied.length,
    apply: async (tenant: string) => applied.push(tenant),
  } as Pick<AssetIndex, "indexedSeq" | "apply"> as AssetIndex;
  const vectors: VectorIndex = {
    upsert: async () => undefined,
    deleteAsset: async () => undefined,
    nearest: async () => [],
  };
  const consume = consumeInto(() => ({ index, vectors, users: new FakeUserIndex() }));
  const deliver = async (tenant: string, id: string): Promise<string[]> => {
    const body = { tenant, assetId: id, seq: 1 };
    const batch = createMessageBatch("aima-index-dev", [{ id: "m", body, timestamp: new Date(), attempts: 1 }]);
    await consume(batch, env);
    return [...(await getQueueResult(batch, createExecutionContext())).explicitAcks];
  };
  vi.spyOn(console, "error").mockReturnValue(undefined);
  for (const tenant of ["ten_deleting1", "ten_suspend1"]) {
    await tenantObject(env, tenant).createTenant({ tenant, name: "T", residency: "any" }, null);
    await mediaAsset(env, tenant, assetId).create({ tenant, assetId, body: { name: "a.png" } });
    await tenantObject(env, tenant).suspendTenant();
  }
  expect(await deliver("ten_suspend1", assetId)).toEqual(["m"]);
  expect(applied).toEqual(["ten_suspend1"]);
  await tenantObject(env, "ten_deleting1").deleteTenant();
  expect(await deliver("ten_deleting1", assetId)).toEqual(["m"]);
  expect(await deliver("ten_deleting1", gone)).toEqual(["m"]);
  expect(applied).toEqual(["ten_suspend1"]);
  const doomed = await runInDurableObject(
    env.TENANT.get(env.TENANT.idFromName("ten_deleting1")),
    (_instance, { storage }) => storage.sql.exec("SELECT id FROM deletion_assets").toArray(),
  );
  expect(doomed).toEqual([{ id: assetId }]);
});
