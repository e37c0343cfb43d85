/** The `Idempotency-Key` of a POST: under it the request takes effect once, however often it is sent. */
import type { Context } from "hono";
import { createHash } from "node:crypto";
import type { Once } from "../../shared/contracts/once.ts";
import { canonicalJson } from "../../shared/core/canonical-json.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { ApiEnv } from "./deps.ts";
import { problem } from "./problem.ts";

const IDEMPOTENCY_KEY = /^[!-~]{1,255}$/;

const FORM = "1 to 255 visible ASCII characters, chosen by the client";

/** Of a POST that keeps its key, which is one whose contract names `REPLAYED_HEADER`. */
const KEPT_HEADER = {
  "Idempotency-Key": `${FORM}. Repeated under it within 80 hours, the request has no second effect; with another body it is refused with 422, and with 409 while the first is at work`,
};

/** Of a POST whose repetition is a request of its own. */
const UNKEPT_HEADER = { "Idempotency-Key": `${FORM}. It is not kept here: a repetition is a request of its own` };

const REPLAYED = "Idempotent-Replayed";

export const REPLAYED_HEADER = {
  [REPLAYED]: "`true` when the request took effect earlier, under the same `Idempotency-Key`",
};

/** Header parameters of a POST with these answers. */
export function idempotencyHeaders(
  responses: Readonly<Record<number, { readonly headers?: Readonly<Record<string, string>> }>>,
): Readonly<Record<string, string>> {
  return Object.values(responses).some(({ headers = {} }) => REPLAYED in headers) ? KEPT_HEADER : UNKEPT_HEADER;
}

const sha256 = (parts: readonly string[]): string => createHash("sha256").update(parts.join("\n")).digest("hex");

/** Null when the request has none. */
export function readIdempotencyKey(c: Context<ApiEnv>): Result<string | null, Response> {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return ok(null);
  if (IDEMPOTENCY_KEY.test(key)) return ok(key);
  const errors = [{ pointer: "/headers/idempotency-key", detail: "1 to 255 visible ASCII characters" }];
  return refuse(problem(c, "invalid_request", "The idempotency key does not fit.", { errors }));
}

/**
 * The key as objects get it. Scoped to tenant, principal and operation: nobody meets the key of another. The fingerprint
 * is of the key, method, path and canonical body; the key in it is its salt, so that a stored fingerprint tells nothing
 * about a body that could be guessed, such as one with a password.
 */
export function onceOf(c: Context<ApiEnv>, key: string, operationId: string, body: unknown): Once {
  const { principal } = c.var;
  const who = principal === null ? ["", ""] : [principal.tenant, `${principal.actor.kind}:${principal.actor.id}`];
  return {
    key: `${operationId}:${sha256([...who, operationId, key])}`,
    fingerprint: sha256([key, c.req.method, c.req.path, canonicalJson(body)]),
  };
}

/** Notes that the answer repeats an earlier one, be it a refusal; `withReplayed` tells it. */
export function markReplayed(c: Context<ApiEnv>, answer: { readonly replayed?: true }): void {
  if (answer.replayed === true) c.set("replayed", true);
}

export function withReplayed(c: Context<ApiEnv>, answer: Response): Response {
  if (c.var.replayed === true) answer.headers.set(REPLAYED, "true");
  return answer;
}
