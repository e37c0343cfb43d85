/**
 * How every object is found: its name has the tenant in it. The stubs are typed as the classes' own methods; the
 * platform's mapped RPC types cannot follow recursive JSON.
 */
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
  | "get"
  | "events"
  | "nudge"
>;
export type AgentPoolStub = Stub<AgentPool, "register" | "offer" | "lease">;
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
>;

export type UserAccountStub = UserAccount;
export type RateLimiterStub = RateLimiter;
export type AuditLogStub = AuditLog;

// SAFETY, here and below: the namespace is bound to the class (wrangler.toml); RPC keeps the methods' signatures.
export const mediaAsset = (env: Env, tenant: string, assetId: string): MediaAssetStub =>
  env.MEDIA_ASSET.get(env.MEDIA_ASSET.idFromName(`${tenant}/${assetId}`)) as unknown as MediaAssetStub;

export const gpuJob = (env: Env, tenant: string, jobId: string): GpuJobStub =>
  env.GPU_JOB.get(env.GPU_JOB.idFromName(`${tenant}/${jobId}`)) as unknown as GpuJobStub;

export const agentPool = (env: Env, pool: string): AgentPoolStub =>
  env.AGENT_POOL.get(env.AGENT_POOL.idFromName(pool)) as unknown as AgentPoolStub;

export const tenantObject = (env: Env, tenant: string): TenantStub =>
  env.TENANT.get(env.TENANT.idFromName(tenant)) as unknown as TenantStub;

export const userAccount = (env: Env, tenant: string, userId: string): UserAccountStub =>
  env.USER_ACCOUNT.get(env.USER_ACCOUNT.idFromName(`${tenant}/${userId}`)) as unknown as UserAccountStub;

/** `scope` is `tenant/<tenant>`, `address/<address>` or `global`. */
export const rateLimiter = (env: Env, scope: string): RateLimiterStub =>
  env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(scope)) as unknown as RateLimiterStub;

export const auditLog = (env: Env, tenant: string): AuditLogStub =>
  env.AUDIT_LOG.get(env.AUDIT_LOG.idFromName(tenant)) as unknown as AuditLogStub;
