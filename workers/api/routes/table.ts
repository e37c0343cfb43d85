/** Every route of the API. */
import type { ApiRoute } from "../route.ts";
import { abandonAssetSaga, getAssetSaga, retryAssetSaga } from "./assets/asset-saga.ts";
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
import { getRateLimits } from "./rate-limits/get-rate-limits.ts";
import { listRateLimitRules } from "./rate-limits/list-rate-limit-rules.ts";
import { resetRateLimits } from "./rate-limits/reset-rate-limits.ts";
import { searchMoments } from "./search/search-moments.ts";

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
  resetRateLimits,
  getHealth,
  getProblem,
];

export const ROUTES: readonly ApiRoute[] = [...DESCRIBED, openApiRoute(() => DESCRIBED), docsPage, docsStart, docsFile];
