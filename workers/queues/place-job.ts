/** Consumer of `place`: finds a place for a waiting job. One kind of place exists here: the pool of agents. */
import { agentPool } from "../../durable-objects/addresses.ts";
import type { PlaceMessage } from "../../shared/contracts/queues.ts";
import { traceIdOf } from "../../shared/core/trace-context.ts";
import { DEFAULT_POOL } from "../agents/routes.ts";
import { logLine } from "../api/log.ts";

export async function placeJob({ traceparent, ...job }: PlaceMessage, env: Env): Promise<void> {
  await agentPool(env, DEFAULT_POOL).offer(job);
  logLine({ event: "job_offered", jobId: job.jobId, traceId: traceIdOf(traceparent) });
}
