/** Every route of the API. */
import type { ApiRoute } from "../route.ts";
import { abandonAssetSaga, getAssetSaga, retryAssetSaga } from "./assets/asset-saga.ts";
import { createApiKey } from "./api-keys/create-api-key.ts";
import { deleteApiKey } from "./api-keys/delete-api-key.ts";
import { getApiKey } from "./api-keys/get-api-key.ts";
import { listApiKeys } from "./api-keys/list-api-keys.ts";
import { rollApiKey } from "./api-keys/roll-api-key.ts";
import { disableApiKey, enableApiKey } from "./api-keys/switch-api-key.ts";
import { updateApiKey } from "./api-keys/update-api-key.ts";
import { exportAudit } from "./audit/export-audit.ts";
import { getAuditRow } from "./audit/get-audit-row.ts";
import { getAuditStats } from "./audit/get-audit-stats.ts";
import { listAudit } from "./audit/list-audit.ts";
import { completeAsset } from "./assets/complete-asset.ts";
import { createAsset } from "./assets/create-asset.ts";
import { deleteAsset } from "./assets/delete-asset.ts";
import { downloadArtifact } from "./assets/download-artifact.ts";
import { downloadContent } from "./assets/download-content.ts";
import { getAsset } from "./assets/get-asset.ts";
import { listAssets } from "./assets/list-assets.ts";
import { listEvents } from "./assets/list-events.ts";
import { listInsights } from "./assets/list-insights.ts";
import { rerunAsset } from "./assets/rerun-asset.ts";
import { restoreAsset } from "./assets/restore-asset.ts";
import { uploadContent } from "./assets/upload-content/route.ts";
import { changePassword } from "./auth/change-password.ts";
import { login } from "./auth/login.ts";
import { logout } from "./auth/logout.ts";
import { getMe, updateMe } from "./auth/me.ts";
import { acceptInvitation, resetPassword, verifyEmail } from "./auth/redeem-mailed-token.ts";
import { finishOidcLogin } from "./auth/oidc-callback.ts";
import { startOidcLogin } from "./auth/oidc-start.ts";
import { refresh } from "./auth/refresh.ts";
import { register } from "./auth/register.ts";
import { requestPasswordReset } from "./auth/request-password-reset.ts";
import { listMySessions, revokeMySession } from "./auth/sessions.ts";
import { confirmTotp, disableTotp, enrolTotp, renewRecoveryCodes } from "./auth/totp.ts";
import { validatePassword } from "./auth/validate-password.ts";
import { getDeadLetter } from "./dead-letters/get-dead-letter.ts";
import { listDeadLetters } from "./dead-letters/list-dead-letters.ts";
import { purgeDeadLetter } from "./dead-letters/purge-dead-letter.ts";
import { redriveDeadLetter } from "./dead-letters/redrive-dead-letter.ts";
import { redriveDeadLetters } from "./dead-letters/redrive-dead-letters.ts";
import { docsFile, docsPage, docsStart } from "./docs/swagger-ui.ts";
import { getHealth } from "./health/get-health.ts";
import { getProblem } from "./health/get-problem.ts";
import { openApiRoute } from "./docs/openapi-json.ts";
import { getJob } from "./jobs/get-job.ts";
import { listJobEvents } from "./jobs/list-job-events.ts";
import { cancelJob, confirmJob, pauseJob, resumeJob, setJobPriority } from "./jobs/operate-job.ts";
import { createTenant } from "./platform/create-tenant.ts";
import { getPlatformTenant } from "./platform/get-platform-tenant.ts";
import { listTenants } from "./platform/list-tenants.ts";
import { setTenantQuotas } from "./platform/set-tenant-quotas.ts";
import { resumeTenant, suspendTenant } from "./platform/switch-tenant.ts";
import { deleteTenant, getTenantDeletion, retryTenantDeletion } from "./platform/tenant-deletion.ts";
import { deleteTenantRateLimit } from "./rate-limits/delete-tenant-rate-limit.ts";
import { getRateLimits } from "./rate-limits/get-rate-limits.ts";
import { getTenantRateLimit } from "./rate-limits/get-tenant-rate-limit.ts";
import { listRateLimitOverrides } from "./rate-limits/list-rate-limit-overrides.ts";
import { listRateLimitRules } from "./rate-limits/list-rate-limit-rules.ts";
import { listTenantRateLimits } from "./rate-limits/list-tenant-rate-limits.ts";
import { resetRateLimits } from "./rate-limits/reset-rate-limits.ts";
import { resetTenantRateLimits } from "./rate-limits/reset-tenant-rate-limits.ts";
import { setTenantRateLimit } from "./rate-limits/set-tenant-rate-limit.ts";
import { searchMoments } from "./search/search-moments.ts";
import { getJwks } from "./well-known/get-jwks.ts";
import { getQuotas } from "./tenant/get-quotas.ts";
import { getTenant } from "./tenant/get-tenant.ts";
import { getUsage } from "./tenant/get-usage.ts";
import { updateTenant } from "./tenant/update-tenant.ts";
import { inviteUser } from "./users/invite-user.ts";
import { listUsers } from "./users/list-users.ts";
import { changeUserRole, deleteUser, getUser, updateUser } from "./users/one-user.ts";
import {
  activateUser,
  endUserSessions,
  listUserSessions,
  resetUserPassword,
  suspendUser,
  unlockUser,
} from "./users/operate-user.ts";

/** What the OpenAPI document describes: all but the document and its pages. */
export const DESCRIBED: readonly ApiRoute[] = [
  createAsset,
  listAssets,
  getAsset,
  deleteAsset,
  restoreAsset,
  rerunAsset,
  getAssetSaga,
  retryAssetSaga,
  abandonAssetSaga,
  uploadContent,
  downloadContent,
  completeAsset,
  listEvents,
  listInsights,
  downloadArtifact,
  getJob,
  listJobEvents,
  confirmJob,
  pauseJob,
  resumeJob,
  cancelJob,
  setJobPriority,
  searchMoments,
  listDeadLetters,
  getDeadLetter,
  redriveDeadLetter,
  redriveDeadLetters,
  purgeDeadLetter,
  listAudit,
  exportAudit,
  getAuditStats,
  getAuditRow,
  getRateLimits,
  listRateLimitRules,
  listRateLimitOverrides,
  resetRateLimits,
  createApiKey,
  listApiKeys,
  getApiKey,
  updateApiKey,
  disableApiKey,
  enableApiKey,
  rollApiKey,
  deleteApiKey,
  getTenant,
  updateTenant,
  getUsage,
  getQuotas,
  createTenant,
  listTenants,
  getPlatformTenant,
  suspendTenant,
  resumeTenant,
  deleteTenant,
  getTenantDeletion,
  retryTenantDeletion,
  setTenantQuotas,
  listTenantRateLimits,
  getTenantRateLimit,
  setTenantRateLimit,
  deleteTenantRateLimit,
  resetTenantRateLimits,
  login,
  startOidcLogin,
  finishOidcLogin,
  refresh,
  logout,
  register,
  verifyEmail,
  acceptInvitation,
  requestPasswordReset,
  resetPassword,
  changePassword,
  validatePassword,
  getMe,
  updateMe,
  listMySessions,
  revokeMySession,
  enrolTotp,
  confirmTotp,
  disableTotp,
  renewRecoveryCodes,
  inviteUser,
  listUsers,
  getUser,
  updateUser,
  deleteUser,
  changeUserRole,
  suspendUser,
  activateUser,
  unlockUser,
  resetUserPassword,
  listUserSessions,
  endUserSessions,
  getHealth,
  getProblem,
  getJwks,
];

export const ROUTES: readonly ApiRoute[] = [...DESCRIBED, openApiRoute(() => DESCRIBED), docsPage, docsStart, docsFile];
