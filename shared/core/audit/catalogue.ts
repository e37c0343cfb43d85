/**
 * The names of what the audit log tells of, after the 40 events of requirements §28.1 and those of its security module,
 * and which operation of the API makes which of them happen. Pure.
 */
export const SEVERITIES = ["low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Each with the severity of its success; what fails or is refused is at least `medium`. */
const EVENTS = {
  "auth.login": "low",
  "auth.login_failed": "medium",
  "auth.logout": "low",
  "auth.token_refreshed": "low",
  "auth.token_revoked": "medium",
  "auth.failed": "medium",
  "auth.registered": "low",
  "auth.password_changed": "high",
  "auth.factor_changed": "high",
  "access.denied": "medium",
  "access.permission_changed": "high",
  "user.invited": "medium",
  "user.changed": "medium",
  "user.removed": "high",
  "tenant.changed": "high",
  "tenant.created": "high",
  "tenant.removed": "critical",
  "media.created": "low",
  "media.uploaded": "low",
  "media.updated": "low",
  "media.deleted": "medium",
  "media.restored": "low",
  "processing.started": "low",
  "processing.changed": "low",
  "processing.cancelled": "low",
  "system.configuration_changed": "high",
  "system.message_redriven": "low",
  "system.message_purged": "medium",
  "security.suspicious_activity": "high",
  "security.rate_limit_exceeded": "medium",
  "security.api_key_created": "high",
  "security.api_key_changed": "high",
  "security.api_key_revoked": "high",
  "data.exported": "medium",
  "request.refused": "medium",
  "request.made": "low",
} as const satisfies Record<string, Severity>;

export type AuditEvent = keyof typeof EVENTS;
// SAFETY: the keys of the constant above.
export const AUDIT_EVENTS = Object.keys(EVENTS) as readonly AuditEvent[];

/** Operations with a name of their own; any other that changes something is `request.made`. */
const OF_OPERATION: Readonly<Record<string, AuditEvent>> = {
  createAsset: "media.created",
  uploadContent: "media.uploaded",
  completeAsset: "media.updated",
  deleteAsset: "media.deleted",
  restoreAsset: "media.restored",
  rerunAsset: "processing.started",
  retryAssetSaga: "media.deleted",
  abandonAssetSaga: "media.deleted",
  confirmJob: "processing.started",
  pauseJob: "processing.changed",
  resumeJob: "processing.changed",
  cancelJob: "processing.cancelled",
  setJobPriority: "processing.changed",
  redriveDeadLetter: "system.message_redriven",
  redriveDeadLetters: "system.message_redriven",
  purgeDeadLetter: "system.message_purged",
  acceptInvitation: "auth.registered",
  finishOidcLogin: "auth.login",
  // Asking for a new password changes none.
  requestPasswordReset: "request.made",
  updateMe: "user.changed",
  suspendUser: "user.changed",
  activateUser: "user.changed",
  unlockUser: "user.changed",
};

/** Names by the path, for operations of one family. The first that fits counts. */
const OF_PATH: readonly (readonly [method: string, path: RegExp, event: AuditEvent])[] = [
  ["POST", /^\/v1\/auth\/login/, "auth.login"],
  ["POST", /^\/v1\/auth\/refresh/, "auth.token_refreshed"],
  ["POST", /^\/v1\/auth\/logout/, "auth.logout"],
  ["POST", /^\/v1\/auth\/(register|verify)/, "auth.registered"],
  ["*", /password/, "auth.password_changed"],
  ["*", /(totp|recovery)/, "auth.factor_changed"],
  ["DELETE", /\/sessions/, "auth.token_revoked"],
  ["POST", /^\/v1\/api-keys$/, "security.api_key_created"],
  ["DELETE", /^\/v1\/api-keys/, "security.api_key_revoked"],
  ["*", /^\/v1\/api-keys/, "security.api_key_changed"],
  ["*", /(role|permissions)/, "access.permission_changed"],
  ["POST", /^\/v1\/users/, "user.invited"],
  ["DELETE", /^\/v1\/users/, "user.removed"],
  ["*", /^\/v1\/users/, "user.changed"],
  ["*", /^\/v1\/(platform\/tenants\/[^/]+\/)?rate-limit/, "system.configuration_changed"],
  ["POST", /^\/v1\/platform\/tenants$/, "tenant.created"],
  ["DELETE", /^\/v1\/(platform\/tenants|tenant)/, "tenant.removed"],
  ["*", /^\/v1\/(platform|tenant)/, "tenant.changed"],
];

/** The event of an operation; `route` is the pattern of its path. */
export function eventOfOperation(operationId: string, method: string, route: string): AuditEvent {
  const own = Object.hasOwn(OF_OPERATION, operationId) ? OF_OPERATION[operationId] : undefined;
  return own ?? OF_PATH.find(([of, path]) => (of === "*" || of === method) && path.test(route))?.[2] ?? "request.made";
}

/** A browser comes back from an identity provider with a GET, which opens a session all the same. */
export const changesByReading = (operationId: string): boolean => operationId === "finishOidcLogin";

/** The event of an answer: some refusals have a name of their own. */
export function eventOfAnswer(event: AuditEvent, status: number): AuditEvent {
  if (event === "auth.login" && (status === 401 || status === 403 || status === 423)) return "auth.login_failed";
  if (status === 401) return "auth.failed";
  if (status === 403) return "access.denied";
  if (status === 429) return "security.rate_limit_exceeded";
  return event;
}

export function severityOf(event: AuditEvent, outcome: Outcome): Severity {
  const severity = EVENTS[event];
  return outcome !== "success" && severity === "low" ? "medium" : severity;
}

export const OUTCOMES = ["success", "failure", "refused", "unknown"] as const;
/** `unknown`: what was begun was not ended within its time, and nobody can say whether it happened. */
export type Outcome = (typeof OUTCOMES)[number];

/** What an answer says of the outcome: the client's mistakes and limits are refusals, the server's are failures. */
export function outcomeOf(status: number): Outcome {
  if (status < 400) return "success";
  return status < 500 ? "refused" : "failure";
}

const REFUSALS: ReadonlySet<number> = new Set([401, 403, 409, 412, 422, 423, 429]);

/** Whether an answer is a refusal that the log has a row for although nothing was to be changed. */
export const isRefusalOfReading = (status: number): boolean => REFUSALS.has(status);
