/** Refusals and faults of the API as `application/problem+json`. */
import type { Context } from "hono";
import { ERRORS, type ErrorCode } from "../../shared/errors/codes.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { problemResponse } from "../problem.ts";
import type { ApiEnv } from "./deps.ts";
import { logLine } from "./log.ts";

type Extras = {
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Members beside those that every problem has, such as `required_permissions`. */
  readonly extensions?: Readonly<Record<string, unknown>>;
};

/** `detail` is read by strangers: it names nothing that the caller did not send or may not know. */
export function problem(c: Context<ApiEnv>, code: ErrorCode, detail: string, extras: Extras = {}): Response {
  return problemResponse(code, { detail, requestId: c.var.requestId, instance: c.req.path, ...extras });
}

/** A refusal of an object, as it came. */
export function refused(c: Context<ApiEnv>, { code, detail, pointer, members = {} }: Refusal): Response {
  return problem(c, code, detail, {
    extensions: members,
    ...(pointer === undefined ? {} : { errors: [{ pointer, detail }] }),
  });
}

/** The end of everything that nobody foresaw: the log gets the fault, the client only the request id. */
export function unforeseen(error: unknown, c: Context<ApiEnv>): Response {
  const fault = error instanceof Error ? error : new Error(String(error));
  logLine({
    event: "request_failed",
    requestId: c.var.requestId,
    method: c.req.method,
    route: c.var.route,
    error: fault.name,
    message: fault.message,
    stack: fault.stack ?? null,
  });
  return problem(c, "internal", ERRORS.internal.title);
}
