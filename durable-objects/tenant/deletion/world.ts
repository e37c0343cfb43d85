/** What the deletion of a tenant reaches outside the tenant's own object. Every call can be repeated. */
import type { MediaAssetRpc } from "../../../shared/contracts/objects.ts";
import { PLATFORM_TENANT } from "../../../shared/core/access/permissions.ts";
import { LEXICAL_SPACE } from "../../../shared/core/embedding/lexical-vector.ts";
import { VISUAL_SPACE } from "../../../shared/core/embedding/visual-space.ts";
import { connect } from "../../../shared/adapters/postgres/connection.ts";
import { PostgresTenantRows } from "../../../shared/adapters/postgres/tenant-rows.ts";
import { PostgresVectorLedger } from "../../../shared/adapters/postgres/vector-ledger.ts";
import type { VectorizeBinding } from "../../../shared/adapters/vectorize/binding.ts";
import { VectorizeTenantVectors } from "../../../shared/adapters/vectorize/tenant-vectors.ts";
import type { TenantRows, TenantVectors } from "../../../shared/ports/tenant-rows.ts";
import { agentPool, auditLog, gpuJob, mediaAsset, rateLimiter, tenantObject, userAccount } from "../../addresses.ts";

/** The one pool that jobs wait in. */
const DEFAULT_POOL = "default";

export type DoomedAsset = Pick<MediaAssetRpc, "delete" | "saga" | "retrySaga"> & {
  /** Wipes the object of a purged asset and those of its jobs. False: not purged yet, or a job has not ended. */
  erase(): Promise<boolean>;
};

export type DeletionWorld = {
  readonly bucket: Pick<R2Bucket, "list" | "delete">;
  readonly rows: TenantRows;
  /** Null where the vectors are rows of the database. */
  readonly vectors: TenantVectors | null;
  readonly asset: (assetId: string) => DoomedAsset;
  readonly eraseJob: (jobId: string) => Promise<boolean>;
  readonly eraseUser: (userId: string) => Promise<void>;
  readonly eraseLimits: () => Promise<void>;
  /** Jobs of the tenant wait for no agent any more. */
  readonly withdrawJobs: () => Promise<void>;
  /** The audit log goes when its retention is over. */
  readonly retireAudit: () => Promise<void>;
  readonly delist: () => Promise<void>;
};

export function worldOf(env: Env, tenant: string): DeletionWorld {
  const sql = connect(env.DATABASE_URL, env.NEON_LOCAL === "" ? null : env.NEON_LOCAL);
  const spaces = new Map<string, VectorizeBinding>([
    [LEXICAL_SPACE, env.VECTORS_TEXT],
    [VISUAL_SPACE, env.VECTORS_VISUAL],
  ]);
  // The setting is a literal in the types of one environment.
  const vectorIndex: string = env.VECTOR_INDEX;
  return {
    bucket: env.MEDIA,
    rows: new PostgresTenantRows(sql),
    vectors: vectorIndex === "vectorize" ? new VectorizeTenantVectors(spaces, new PostgresVectorLedger(sql)) : null,
    asset: (assetId) => mediaAsset(env, tenant, assetId),
    eraseJob: (jobId) => gpuJob(env, tenant, jobId).erase(),
    eraseUser: (userId) => userAccount(env, tenant, userId).erase(),
    eraseLimits: () => rateLimiter(env, `tenant/${tenant}`).erase(),
    withdrawJobs: () => agentPool(env, DEFAULT_POOL).withdrawAll(tenant),
    retireAudit: () => auditLog(env, tenant).retire(),
    delist: () => tenantObject(env, PLATFORM_TENANT).delistTenant(tenant),
  };
}
