/**
 * How every object is found: its name has the tenant in it. The stubs are typed as the classes' own methods; the
 * platform's mapped RPC types cannot follow recursive JSON.
 */
import type { AccountRpc, AccountUpkeepRpc } from "../shared/contracts/account.ts";
import { residencyOf } from "../shared/core/residency.ts";
import type { AgentPool } from "./agent-pool/object.ts";
import type { AuditLog } from "./audit-log/object.ts";
import type { GpuJob } from "./gpu-job/object.ts";
import type { MediaAsset } from "./media-asset/object.ts";
import type { RateLimiter } from "./rate-limiter/object.ts";
import type { Tenant } from "./tenant/object.ts";
import type { UserAccount } from "./user-account/object.ts";

type Stub<T, Methods extends keyof T> = Pick<T, Methods>;

export type MediaAssetStub = Stub<
  MediaAsset,
  | "create"
  | "beginUpload"
  | "noteMultipart"
  | "finishUpload"
  | "failUpload"
  | "complete"
  | "get"
  | "events"
  | "insights"
  | "content"
  | "artifact"
  | "delete"
  | "restore"
  | "rerun"
  | "saga"
  | "retrySaga"
  | "abandonSaga"
  | "erase"
  | "recordInspection"
  | "recordStep"
  | "recordJobEnd"
  | "recordProgress"
  | "changesSince"
  | "confirmIndexed"
  | "nudge"
>;
export type GpuJobStub = Stub<
  GpuJob,
  | "submit"
  | "confirm"
  | "startAttempt"
  | "startOnProvider"
  | "takeReports"
  | "hint"
  | "pause"
  | "resume"
  | "changePriority"
  | "cancel"
  | "erase"
  | "get"
  | "events"
  | "nudge"
>;
export type AgentPoolStub = Stub<AgentPool, "register" | "offer" | "withdrawAll" | "lease">;
export type TenantStub = Stub<
  Tenant,
  | "bootstrap"
  | "authenticate"
  | "settle"
  | "usage"
  | "keepDeadLetter"
  | "noteLastError"
  | "deadLetters"
  | "deadLetter"
  | "redrive"
  | "redriveAll"
  | "purge"
  | "sweepPosition"
  | "keepSweepPosition"
  | "userSweepPosition"
  | "keepUserSweepPosition"
  | "createTenant"
  | "getTenant"
  | "renameTenant"
  | "suspendTenant"
  | "resumeTenant"
  | "standing"
  | "reserveMember"
  | "confirmMember"
  | "updateMember"
  | "removeMember"
  | "member"
  | "memberByLogin"
  | "listMembers"
  | "memberCounts"
  | "createKey"
  | "listKeys"
  | "getKey"
  | "updateKey"
  | "disableKey"
  | "enableKey"
  | "rollKey"
  | "deleteKey"
  | "reserveQuota"
  | "settleQuota"
  | "releaseQuota"
  | "holdAsset"
  | "quotas"
  | "setQuotas"
  | "limitsAssets"
  | "enlistTenant"
  | "delistTenant"
  | "listTenants"
  | "deleteTenant"
  | "deletion"
  | "retryDeletion"
  | "takeAsset"
>;

export type UserAccountStub = Stub<UserAccount, keyof AccountRpc | keyof AccountUpkeepRpc>;
export type RateLimiterStub = RateLimiter;
export type AuditLogStub = Stub<AuditLog, "begin" | "end" | "append" | "search" | "row" | "chain" | "stats" | "retire">;

/**
 * The namespace in which a tenant's objects live: that of its jurisdiction, which its id tells. Local mode has no
 * jurisdictions (the runtime throws), so there it is the namespace itself, and the tenant's data stay on this machine.
 */
export function within<T extends Rpc.DurableObjectBranded | undefined>(
  namespace: DurableObjectNamespace<T>,
  env: Pick<Env, "ENVIRONMENT">,
  tenant: string,
): DurableObjectNamespace<T> {
  const residency = residencyOf(tenant);
  return residency === "any" || env.ENVIRONMENT === "dev" ? namespace : namespace.jurisdiction(residency);
}

const at = <T extends Rpc.DurableObjectBranded | undefined>(namespace: DurableObjectNamespace<T>, name: string) =>
  namespace.get(namespace.idFromName(name));

// SAFETY, here and below: the namespace is bound to the class (wrangler.toml); RPC keeps the methods' signatures.
export const mediaAsset = (env: Env, tenant: string, assetId: string): MediaAssetStub =>
  at(within(env.MEDIA_ASSET, env, tenant), `${tenant}/${assetId}`) as unknown as MediaAssetStub;

export const gpuJob = (env: Env, tenant: string, jobId: string): GpuJobStub =>
  at(within(env.GPU_JOB, env, tenant), `${tenant}/${jobId}`) as unknown as GpuJobStub;

export const agentPool = (env: Env, pool: string): AgentPoolStub =>
  env.AGENT_POOL.get(env.AGENT_POOL.idFromName(pool)) as unknown as AgentPoolStub;

export const tenantObject = (env: Env, tenant: string): TenantStub =>
  at(within(env.TENANT, env, tenant), tenant) as unknown as TenantStub;

export const userAccount = (env: Env, tenant: string, userId: string): UserAccountStub =>
  at(within(env.USER_ACCOUNT, env, tenant), `${tenant}/${userId}`) as unknown as UserAccountStub;

/** `scope` is `tenant/<tenant>`, `address/<address>` or `global`. */
export const rateLimiter = (env: Env, scope: string): RateLimiterStub =>
  at(within(env.RATE_LIMITER, env, scope.replace(/^tenant\//, "")), scope) as unknown as RateLimiterStub;

export const auditLog = (env: Env, tenant: string): AuditLogStub =>
  at(within(env.AUDIT_LOG, env, tenant), tenant) as unknown as AuditLogStub;
