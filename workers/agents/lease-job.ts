/** `POST /agents/lease`: waits for a job and adds the signed URLs that its attempt needs. */
import { type JobLease, LeaseRequest } from "../../shared/contracts/agent.ts";
import type { AttemptToken } from "../../shared/tokens/payloads.ts";
import { signToken } from "../../shared/tokens/signed-token.ts";
import { agentPool } from "../../durable-objects/addresses.ts";
import type { AttemptGrant } from "../../durable-objects/gpu-job/object.ts";
import { traceIdOf } from "../../shared/core/trace-context.ts";
import { logLine } from "../api/log.ts";
import { readJson } from "../body.ts";
import { settingsOf } from "../env.ts";
import { problemResponse } from "../problem.ts";

/** A report over this goes up as a blob; artifacts are pictures and small tables. */
const MAX_BLOB_BYTES = 64 * 1024 * 1024;

export async function leaseJob(request: Request, env: Env, pool: string, requestId: string): Promise<Response> {
  const body = await readJson(request, LeaseRequest, 4096);
  if (body === null) return problemResponse("invalid_request", { detail: "The body is no lease request.", requestId });
  const granted = await agentPool(env, pool).lease(body.agentId, body.waitSeconds * 1000);
  if (!granted.ok) return problemResponse(granted.error.code, { detail: granted.error.detail, requestId });
  if (granted.value === null) return Response.json({ lease: null });
  const { jobId, attempt, traceparent } = granted.value;
  logLine({ event: "job_leased", requestId, jobId, attempt, traceId: traceIdOf(traceparent) });
  const lease = await leaseOf(env, granted.value);
  return Response.json({ lease }, { headers: traceparent === null ? {} : { traceparent } });
}

export async function leaseOf(env: Env, grant: AttemptGrant): Promise<JobLease> {
  const { SIGNING_KEYS: keys, PUBLIC_ORIGIN: origin } = settingsOf(env);
  const { tenant, jobId, attempt, input } = grant;
  const exp = Math.ceil(grant.deadlineAtMs / 1000);
  const claims: AttemptToken = { use: "attempt", tenant, jobId, attempt, exp };
  const prefix = `${tenant}/assets/${grant.assetId}/jobs/${jobId}/${attempt}/`;
  const read = async (key: string): Promise<string> =>
    `${origin}/blobs/${await signToken(keys, { use: "read", key, exp } as { exp: number })}`;
  return {
    jobId,
    attempt,
    leaseSeconds: grant.leaseSeconds,
    heartbeatSeconds: grant.heartbeatSeconds,
    callbackUrl: `${origin}/callbacks/jobs/${await signToken(keys, claims)}${traceQuery(grant.traceparent)}`,
    blobsUrl: `${origin}/blobs/${await signToken(keys, { use: "write", prefix, maxBytes: MAX_BLOB_BYTES, exp } as { exp: number })}`,
    input: {
      url: await read(input.key),
      name: input.name,
      mediaType: input.mediaType,
      contentType: input.contentType,
      sizeBytes: input.sizeBytes,
      sha256: input.sha256,
      metadata: input.metadata,
    },
    steps: [...grant.steps],
    checkpoint: await checkpointOf(grant.checkpoints[0], read),
    previousCheckpoint: await checkpointOf(grant.checkpoints[1], read),
    deadlineAt: new Date(grant.deadlineAtMs).toISOString(),
  };
}

/** So that reports are told of under the trace of their job, whatever release of the agent sends them. */
const traceQuery = (traceparent: string | null): string => (traceparent === null ? "" : `?traceparent=${traceparent}`);

const checkpointOf = async (
  checkpoint: AttemptGrant["checkpoints"][number] | undefined,
  read: (key: string) => Promise<string>,
): Promise<JobLease["checkpoint"]> =>
  checkpoint === undefined ? null : { url: await read(checkpoint.blob.key), blob: checkpoint.blob };
