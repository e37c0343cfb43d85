/** The `Idempotency-Key` of a request: under it the request takes effect once, however often it is sent. */
import type { Context } from "hono";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { ApiEnv } from "./deps.ts";
import { problem } from "./problem.ts";

const IDEMPOTENCY_KEY = /^[!-~]{1,255}$/;

export const IDEMPOTENCY_HEADER = { "Idempotency-Key": "1 to 255 visible ASCII characters, chosen by the client" };

/** Null when the request has none. */
export function readIdempotencyKey(c: Context<ApiEnv>): Result<string | null, Response> {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return ok(null);
  if (IDEMPOTENCY_KEY.test(key)) return ok(key);
  const errors = [{ pointer: "/headers/idempotency-key", detail: "1 to 255 visible ASCII characters" }];
  return refuse(problem(c, "invalid_request", "The idempotency key does not fit.", { errors }));
}
