/**
 * Whether a message is of a tenant that is being deleted, or gone: then nothing of it is published, and the tenant's
 * object sees to the asset's end.
 *
 * D1 That a tenant is active is believed for its lease: one question in two seconds and isolate. The deletion goes on only
 *    when every such lease is over.
 */
import { mediaAsset, tenantObject } from "../../durable-objects/addresses.ts";
import { isRefused, LeaseCache } from "../access/lease-cache.ts";
import { PRINCIPAL_LEASE_MS } from "../../shared/contracts/principal.ts";

export function deletedTenants(): (env: Env, tenant: string, assetId: string) => Promise<boolean> {
  // What is believed is believed of one environment: an isolate has one, a simulation one for each world.
  const believed = new WeakMap<Env, LeaseCache<boolean>>();
  return async (env, tenant, assetId) => {
    const standings = believed.get(env) ?? new LeaseCache<boolean>(() => Date.now());
    believed.set(env, standings);
    const object = tenantObject(env, tenant);
    const standing = await standings.get(tenant, async () => {
      const known = await object.standing();
      // Nobody has deleted a tenant that never was, and making one takes nothing away.
      return known === null
        ? { value: true, leaseMs: PRINCIPAL_LEASE_MS }
        : { value: known.value.active, leaseMs: known.leaseMs };
    });
    if (!isRefused(standing) && standing.value) return false;
    // One that is gone has nothing to publish either way.
    const asset = await mediaAsset(env, tenant, assetId).saga();
    return !asset.ok || object.takeAsset(assetId);
  };
}
