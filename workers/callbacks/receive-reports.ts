/**
 * `POST /callbacks/jobs/{token}`: reports of an attempt. The hot path: the token is checked without a lookup, then
 * one RPC, one transaction. No database, no OpenAPI machinery.
 */
import { gpuJob } from "../../durable-objects/addresses.ts";
import { type Report, ReportBatch } from "../../shared/contracts/agent.ts";
import { AttemptToken } from "../../shared/tokens/payloads.ts";
import { verifyToken } from "../../shared/tokens/signed-token.ts";
import { logLine } from "../api/log.ts";
import { readJson } from "../body.ts";
import { settingsOf } from "../env.ts";
import { givenTrace } from "../given-trace.ts";
import { problemResponse } from "../problem.ts";

/** Reports that have a line in the log: how an attempt begins and ends, not every beat of it. */
const TOLD: ReadonlySet<Report["type"]> = new Set(["hello", "succeeded", "failed", "preempted"]);

const MAX_BODY_BYTES = 1024 * 1024;

export async function receiveReports(request: Request, env: Env, token: string, requestId: string): Promise<Response> {
  const claims = await verifyToken(settingsOf(env).SIGNING_KEYS, token, AttemptToken, Date.now());
  if (claims === null)
    return problemResponse("invalid_token", { detail: "The callback URL is not valid, or has expired.", requestId });
  const batch = await readJson(request, ReportBatch, MAX_BODY_BYTES);
  if (batch === null) {
    return problemResponse("invalid_request", {
      detail: `The body is no batch of reports, or exceeds ${MAX_BODY_BYTES} bytes.`,
      requestId,
    });
  }
  const job = gpuJob(env, claims.tenant, claims.jobId);
  const answer = await job.takeReports(claims.attempt, batch.reports);
  const told = answer.ok ? batch.reports.find(({ type }) => TOLD.has(type))?.type : answer.error.code;
  if (told !== undefined) {
    const { jobId, attempt } = claims;
    const traceId = givenTrace(request)?.traceId ?? null;
    logLine({ event: "attempt_reported", requestId, traceId, jobId, attempt, report: told });
  }
  return answer.ok
    ? Response.json(answer.value)
    : problemResponse(answer.error.code, { detail: answer.error.detail, requestId });
}
