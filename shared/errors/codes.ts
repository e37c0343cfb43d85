/**
 * Every error a client can meet: code, HTTP status, title, whether repeating the same request may succeed, and what
 * to do about it. Codes are stable and documented at `/problems/<code>`.
 */
export const ERRORS = {
  malformed_json: {
    status: 400,
    title: "The body is not JSON",
    retryable: false,
    fix: "Send a JSON body that parses.",
  },
  invalid_request: {
    status: 422,
    title: "The request does not fit its schema",
    retryable: false,
    fix: "Correct the fields named in `errors`; unknown fields are refused.",
  },
  invalid_cursor: {
    status: 422,
    title: "The cursor does not belong to this list",
    retryable: false,
    fix: "Use `next` of the previous page with the same filters, or start without a cursor.",
  },
  unauthorized: {
    status: 401,
    title: "No valid API key",
    retryable: false,
    fix: "Send `Authorization: Bearer <API key>`.",
  },
  forbidden: {
    status: 403,
    title: "The API key may not do this",
    retryable: false,
    fix: "Use a key with the scope named in the detail.",
  },
  not_found: { status: 404, title: "Not found", retryable: false, fix: "Check the id; deleted assets are not found." },
  method_not_allowed: {
    status: 405,
    title: "The method is not allowed here",
    retryable: false,
    fix: "Use a method named in the `Allow` header.",
  },
  unsupported_media_type: {
    status: 415,
    title: "The content type is not accepted",
    retryable: false,
    fix: "Send `application/json`.",
  },
  payload_too_large: {
    status: 413,
    title: "The body is too large",
    retryable: false,
    fix: "Send less than the limit named in the detail.",
  },
  asset_not_uploading: {
    status: 409,
    title: "The asset is not waiting for content",
    retryable: false,
    fix: "Create a new asset for new content.",
  },
  upload_incomplete: {
    status: 409,
    title: "The content has not arrived yet",
    retryable: true,
    fix: "PUT the content, then complete.",
  },
  upload_superseded: {
    status: 409,
    title: "A later upload of the same asset took over",
    retryable: false,
    fix: "Let the later upload finish.",
  },
  size_mismatch: {
    status: 422,
    title: "The content has another size than announced",
    retryable: false,
    fix: "Announce the size of the file, or leave it out.",
  },
  checksum_mismatch: {
    status: 422,
    title: "The content has another SHA-256 than announced",
    retryable: false,
    fix: "Send the file again, or correct the checksum.",
  },
  content_unavailable: {
    status: 409,
    title: "The asset has no content yet",
    retryable: true,
    fix: "Wait until the upload is complete.",
  },
  asset_busy: {
    status: 409,
    title: "The asset is being worked on",
    retryable: true,
    fix: "Wait until the asset is finished, and ask again.",
  },
  asset_not_analysable: {
    status: 409,
    title: "The asset has no analysis to repeat",
    retryable: false,
    fix: "Read the asset's `reason`; upload the file as a new asset.",
  },
  asset_purged: {
    status: 410,
    title: "The asset is gone for good",
    retryable: false,
    fix: "Upload the file as a new asset; deleted assets can be restored only for a time.",
  },
  saga_not_stuck: {
    status: 409,
    title: "Nothing waits for an operator",
    retryable: false,
    fix: "Read the asset's saga; only one that is `stuck` can be retried or abandoned.",
  },
  range_not_satisfiable: {
    status: 416,
    title: "The range lies outside the content",
    retryable: false,
    fix: "Ask for a range within the length named in `Content-Range`.",
  },
  precondition_failed: {
    status: 412,
    title: "The content has another entity tag",
    retryable: false,
    fix: "Read the current `ETag` and try again.",
  },
  idempotency_conflict: {
    status: 422,
    title: "The idempotency key was used for another request",
    retryable: false,
    fix: "Use a new key for a new request.",
  },
  invalid_token: {
    status: 401,
    title: "The signed token is not valid",
    retryable: false,
    fix: "Use the URL as it was issued, before it expires.",
  },
  job_not_in_state: {
    status: 409,
    title: "The job is in no state for that",
    retryable: false,
    fix: "Read the job's `status`; what has ended, or waits already, cannot be changed so.",
  },
  attempt_superseded: {
    status: 409,
    title: "Another attempt of the job has taken over",
    retryable: false,
    fix: "Drop the work of this attempt.",
  },
  too_many_held_reports: {
    status: 409,
    title: "Too many reports wait for a missing one",
    retryable: true,
    fix: "Send the missing reports first.",
  },
  search_unavailable: {
    status: 503,
    title: "Search is not available at the moment",
    retryable: true,
    fix: "Try again after the time named in `Retry-After`; uploads and analysis go on.",
  },
  index_unavailable: {
    status: 503,
    title: "The asset index is not available at the moment",
    retryable: true,
    fix: "Try again after the time named in `Retry-After`; single assets stay readable.",
  },
  dead_letter_purged: {
    status: 409,
    title: "The dead letter was thrown away",
    retryable: false,
    fix: "Nothing can be sent again; the asset or job it named goes on by itself.",
  },
  queue_unavailable: {
    status: 503,
    title: "The queue does not take messages at the moment",
    retryable: true,
    fix: "Try again after the time named in `Retry-After`.",
  },
  internal: {
    status: 500,
    title: "Something went wrong here",
    retryable: true,
    fix: "Try again; if it stays, report the request id.",
  },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean; fix: string }>;

export type ErrorCode = keyof typeof ERRORS;
