/**
 * `POST /callbacks/jobs/{token}`: reports of an attempt. The hot path: the token is checked without a lookup, then
 * one RPC, one transaction. No database, no OpenAPI machinery.
 */
import { gpuJob } from "../../durable-objects/addresses.ts";
import { ReportBatch } from "../../shared/contracts/agent.ts";
import { AttemptToken } from "../../shared/tokens/payloads.ts";
import { verifyToken } from "../../shared/tokens/signed-token.ts";
import { readJson } from "../body.ts";
import { settingsOf } from "../env.ts";
import { problemResponse } from "../problem.ts";

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
  return answer.ok
    ? Response.json(answer.value)
    : problemResponse(answer.error.code, { detail: answer.error.detail, requestId });
}
