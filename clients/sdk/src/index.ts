/** The AIMA client: everything that an application needs of the HTTP API. */
export {
  AimaClient,
  type Asset,
  type AssetSaga,
  type AssetSummary,
  type ClientOptions,
  type DeadLetter,
  type Job,
  type Insight,
  type JournalEvent,
} from "./client.ts";
export type { Account, Session, User } from "./account.ts";
export type { ApiKey, CreateApiKey, IssuedApiKey, UpdateApiKey } from "./api-keys.ts";
export {
  AUDIT_EXPORT_MAX_ROWS,
  type AuditFilter,
  type AuditPiece,
  type AuditRow,
  type AuditSpan,
  type AuditStats,
} from "./audit.ts";
export type { Credential } from "./credential.ts";
export type { LimitChange, LimitOverride, LimitRule, LimitState, TenantLimits } from "./limits.ts";
export type { Deployment } from "./anonymous.ts";
export { acceptInvitation, requestPasswordReset, resetPassword, verifyEmail } from "./mailed-token.ts";
export {
  type KeptSession,
  logIn,
  type LogIn,
  sessionCredential,
  type SessionStore,
  type SessionTokens,
} from "./session.ts";
export type { Quota, Tenant, UsageDay } from "./tenant.ts";
export type { NewTenant, QuotaChange, TenantDeletion } from "./tenants.ts";
export type { Invitation, ListedUser, ProfileChange, RoleChange, UserFilter } from "./users.ts";
export { AimaError } from "./aima-error.ts";
export { fileSource } from "./file-source.ts";
export type { Head } from "./journal/chain.ts";
export { firstFork, type Fork } from "./journal/compare.ts";
export type { Finding, FindingKind } from "./journal/finding.ts";
export { exportLines, type JournalOwner } from "./journal/format.ts";
export { type JournalReport, verifyJournal } from "./journal/verify.ts";
export type { SearchAnswer, SearchFilter } from "./search.ts";
export type { Progress, UploadSource } from "./upload.ts";
