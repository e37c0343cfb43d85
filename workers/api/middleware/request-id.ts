import { createMiddleware } from "hono/factory";
import { newId } from "../../../shared/core/ids.ts";
import type { ApiDeps, ApiEnv } from "../deps.ts";

const SANE = /^[0-9A-Za-z][0-9A-Za-z._-]{7,63}$/;

/** Names the request: by the caller's `x-request-id` when it is sane, else by a new id; the answer carries it. */
export const requestId = (deps: ApiDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const given = c.req.header("x-request-id");
    const random = crypto.getRandomValues(new Uint8Array(16));
    c.set("requestId", given !== undefined && SANE.test(given) ? given : newId("req", deps.now(), random));
    c.set("route", "none");
    c.set("operation", "none");
    c.set("principal", null);
    await next();
    c.header("x-request-id", c.var.requestId);
  });
