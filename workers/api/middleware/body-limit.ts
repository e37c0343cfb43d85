import { createMiddleware } from "hono/factory";
import { bodyLimit } from "hono/body-limit";
import type { ApiEnv } from "../deps.ts";
import { problem } from "../problem.ts";

/** The most that a JSON body may have. */
export const JSON_BODY_BYTES = 64 * 1024;

const limit = bodyLimit({
  maxSize: JSON_BODY_BYTES,
  onError: (c) => problem(c, "payload_too_large", `A JSON body has at most ${JSON_BODY_BYTES} bytes.`),
});

/** Refuses a JSON body that is too large before it is parsed, announced or not. */
export const jsonBodyLimit = createMiddleware<ApiEnv>((c, next) => limit(c, next));
