/**
 * What assets take of their tenant's quotas, as the routes tell it.
 *
 * A1 A tenant without limits costs no question: that it has none is leased, and setting a limit is answered when no such
 *    lease runs. So what is made after that answer is counted; what was there before is not.
 * A2 An asset's claim has its id: told twice it counts once. It is reserved at creation, settled with the bytes that
 *    came when the upload is completed, and given back when the asset is deleted, also while it can still be restored.
 *    An asset that is counted says all this to its tenant itself, in the transactions of its events: what is told from
 *    here comes sooner, and may be lost with its request.
 * A3 A limit is exceeded only by bytes that nobody could count before: of an upload without a length, and of an asset
 *    that is restored. They count from then on.
 */
import type { Leased } from "../../../shared/contracts/principal.ts";
import type { QuotaRpc } from "../../../shared/contracts/quota.ts";
import { ok, type Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import { isRefused, LeaseCache } from "../lease-cache.ts";

export type AssetQuotas = {
  /** Whether it counts. Refused: `quota_exceeded`. `bytes` as announced; 0 when they were not. */
  readonly reserve: (
    tenant: string,
    assetId: string,
    bytes: number,
  ) => Promise<Result<{ readonly counted: boolean }, Refusal>>;
  readonly settle: (tenant: string, assetId: string, bytes: number) => Promise<void>;
  readonly release: (tenant: string, assetId: string) => Promise<void>;
};

export type AssetQuotasDeps = {
  readonly tenant: (tenant: string) => QuotaRpc;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

export function createAssetQuotas({ tenant: quotasOf, now }: AssetQuotasDeps): AssetQuotas {
  const leases = new LeaseCache<"limited" | "unlimited">(now);
  const ask = async (tenant: string): Promise<Leased<"limited" | "unlimited">> => {
    const { value, leaseMs } = await quotasOf(tenant).limitsAssets();
    return { value: value ? "limited" : "unlimited", leaseMs };
  };
  /** Who cannot be told in time is asked: the object knows its limits. */
  const limited = async (tenant: string): Promise<boolean> => {
    const known = await leases.get(tenant, () => ask(tenant));
    return isRefused(known) || known.value === "limited";
  };
  return {
    reserve: async (tenant, assetId, bytes) => {
      if (!(await limited(tenant))) return ok({ counted: false });
      const reserved = await quotasOf(tenant).reserveQuota(assetId, { assets: 1, bytes });
      return reserved.ok ? ok({ counted: true }) : reserved;
    },
    settle: async (tenant, assetId, bytes) => {
      if (await limited(tenant)) await quotasOf(tenant).settleQuota(assetId, { assets: 1, bytes });
    },
    release: async (tenant, assetId) => {
      if (await limited(tenant)) await quotasOf(tenant).releaseQuota(assetId);
    },
  };
}
