import { createMiddleware } from "hono/factory";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { problem } from "../problem.ts";

const BEARER = /^Bearer +([!-~]{1,256})$/i;

/** Lets in who shows a valid API key. Every failure gets the same answer. */
export const authenticate = (deps: ApiDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const [, key = null] = BEARER.exec(c.req.header("authorization") ?? "") ?? [];
    const principal = key === null ? null : await deps.authenticate(key);
    if (principal === null) return problem(c, "unauthorized", "The request carries no valid API key.");
    c.set("principal", principal);
    return next();
  });
