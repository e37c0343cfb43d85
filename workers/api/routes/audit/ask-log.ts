import type { Context } from "hono";
import { ok, refuse, type Result } from "../../../../shared/core/result.ts";
import { reportFault } from "../../after-answer.ts";
import type { ApiEnv } from "../../deps.ts";
import { problem } from "../../problem.ts";

/** What the log answers; 503 when it is away, which the request cannot help. */
export async function askLog<T>(c: Context<ApiEnv>, asked: Promise<T>): Promise<Result<T, Response>> {
  try {
    return ok(await asked);
  } catch (error) {
    reportFault("audit_not_read", error);
    return refuse(problem(c, "audit_unavailable", "The audit log does not answer."));
  }
}
