/** A problem that the API answered with, or none could be reached (`status` 0, `code` `network_error`). */
export class AimaError extends Error {
  override readonly name = "AimaError";
  readonly status: number;
  /** Stable name of the error, such as `not_found`; explained at `/problems/<code>`. */
  readonly code: string;
  readonly detail: string;
  /** What to do about it. */
  readonly fix: string;
  readonly requestId: string | null;
  /** Private, so that what prints an error does not print them: some are secrets. */
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(
    fields: { status: number; code: string; detail: string; fix: string; requestId: string | null },
    { members = {}, ...options }: ErrorOptions & { members?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(`${fields.detail} (${fields.code})`, options);
    this.#members = members;
    this.status = fields.status;
    this.code = fields.code;
    this.detail = fields.detail;
    this.fix = fields.fix;
    this.requestId = fields.requestId;
  }

  /** What the problem says beside that, such as `changeToken`; undefined for nothing. */
  member(name: string): unknown {
    return this.#members[name];
  }
}

const textOf = (value: unknown, other: string): string => (typeof value === "string" ? value : other);

/** From a body of `application/problem+json`, or from whatever stands in its place. */
export function errorOf(response: Response, body: unknown): AimaError {
  const problem: Record<string, unknown> = typeof body === "object" && body !== null ? { ...body } : {};
  const fields = {
    status: response.status,
    code: textOf(problem["code"], "unexpected_answer"),
    detail: textOf(problem["detail"], `The server answered ${response.status} without saying why.`),
    fix: textOf(problem["fix"], "Check that the base URL is the one of an AIMA deployment."),
    requestId: textOf(problem["requestId"], "") || response.headers.get("x-request-id"),
  };
  return new AimaError(fields, { members: problem });
}

export function networkError(cause: unknown): AimaError {
  const detail = "The server cannot be reached.";
  const fix = "Check the base URL and the network.";
  return new AimaError({ status: 0, code: "network_error", detail, fix, requestId: null }, { cause });
}
