/**
 * Limits of the doors beside the API. Agents, callbacks and blobs: forged credentials, by address (failed-attempts.ts). The
 * bootstrap: each attempt before its secret is looked at, as a login; one with the right secret is given back.
 */
import type { LimitReport } from "../shared/contracts/rate-limit.ts";
import { BOOTSTRAP_DOOR } from "../shared/core/rate-limit/default-rules.ts";
import { clientAddress } from "./access/limits/client-address.ts";
import type { FailedAttempts } from "./access/limits/failed-attempts.ts";
import { limitFields, retryAfterSeconds } from "./access/limits/limit-fields.ts";
import type { Limits } from "./access/limits/limits.ts";
import { problemResponse } from "./problem.ts";

/** The answer to a request whose credential is none: as it is, or that there were too many of its kind. */
export async function limitFailures(
  answer: Response,
  { method, headers }: Request,
  door: string,
  requestId: string,
  attempts: FailedAttempts,
): Promise<Response> {
  const report = await attempts.failed(clientAddress(headers), { method, route: door });
  if (report === null) return answer;
  await answer.body?.cancel();
  const detail = `Too many requests with invalid credentials come from this address; the next is answered in ${retryAfterSeconds(report)} s. Valid ones pass.`;
  return tooMany(detail, [report], report, requestId);
}

/** Counts an attempt to bootstrap before `attempt` is made; a 401 is a wrong one, any other answer a right one. */
export async function limitBootstrap(
  { method, headers }: Request,
  requestId: string,
  limits: Pick<Limits, "address" | "loginSucceeded">,
  attempt: () => Promise<Response>,
): Promise<Response> {
  if (method !== "POST") return attempt();
  const [address, request] = [clientAddress(headers), { method, route: BOOTSTRAP_DOOR }];
  const verdict = await limits.address(address, request);
  if (verdict.kind === "unavailable") {
    const detail = "Whether this request is within its limits cannot be told at the moment.";
    return problemResponse("limits_unavailable", { detail, requestId });
  }
  if (verdict.kind === "limited") {
    const detail = `The limit is used up: the rule \`${verdict.report.rule}\` lets requests pass again in ${retryAfterSeconds(verdict.report)} s.`;
    return tooMany(detail, verdict.reports, verdict.report, requestId);
  }
  const answer = await attempt();
  if (answer.status !== 401) await limits.loginSucceeded(address, request, verdict.atMs);
  return answer;
}

function tooMany(detail: string, reports: readonly LimitReport[], report: LimitReport, requestId: string): Response {
  const headers = { ...limitFields(reports, report), "retry-after": String(retryAfterSeconds(report)) };
  return problemResponse("rate_limited", { detail, requestId, headers });
}
