/** Error codes as HTTP: `application/problem+json` (RFC 9457). The one place where they meet. */
import { ERRORS, type ErrorCode } from "../shared/errors/codes.ts";

export type ProblemDetails = {
  readonly detail: string;
  readonly requestId: string;
  /** Path of the request; never its query, never a token. */
  readonly instance?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Extension members (RFC 9457, 3.2); they never replace the members above. */
  readonly extensions?: Readonly<Record<string, unknown>>;
};

const RETRY_AFTER_SECONDS = 5;

export function problemResponse(code: ErrorCode, details: ProblemDetails): Response {
  const { status, title, retryable, fix } = ERRORS[code];
  const { detail, requestId, instance, errors, headers, extensions } = details;
  return new Response(
    JSON.stringify({
      ...extensions,
      type: `/problems/${code}`,
      title,
      status,
      detail,
      ...(instance === undefined ? {} : { instance }),
      code,
      fix,
      requestId,
      ...(errors === undefined ? {} : { errors }),
    }),
    {
      status,
      headers: {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-request-id": requestId,
        ...(status === 401 ? { "www-authenticate": 'Bearer realm="aima"' } : {}),
        ...(retryable && status === 503 ? { "retry-after": String(RETRY_AFTER_SECONDS) } : {}),
        ...headers,
      },
    },
  );
}
