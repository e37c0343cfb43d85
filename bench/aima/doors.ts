/**
 * The bench's own doors into AIMA's objects. There is no public request that makes or claims one job alone: an asset
 * creates its job once its content is inspected, and an agent claims whatever its pool offers. The bench measures the
 * job, so it calls the job's own `submit` and `startAttempt` here, behind a signed token that is checked like every
 * other, and gets the answer that `POST /agents/lease` gives. Reports take the real callback door.
 */
import { z } from "zod";
import { gpuJob } from "../../durable-objects/addresses.ts";
import type { Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { verifyToken } from "../../shared/tokens/signed-token.ts";
import { leaseOf } from "../../workers/agents/lease-job.ts";
import { settingsOf } from "../../workers/env.ts";
import { problemResponse } from "../../workers/problem.ts";
import { BENCH_AGENT, BENCH_TENANT, benchSpec } from "./spec.ts";

const BenchToken = z.strictObject({ use: z.literal("bench"), exp: z.int() });

/** `/bench/jobs/{jobId}/{action}`, with `?asset=` for the asset that a new job belongs to. */
export async function openDoor(request: Request, env: Env): Promise<Response> {
  const url = new URL(request.url);
  const [, , , jobId = "", action = ""] = url.pathname.split("/");
  const token = (request.headers.get("authorization") ?? "").replace(/^Bearer /, "");
  if ((await verifyToken(settingsOf(env).SIGNING_KEYS, token, BenchToken, Date.now())) === null)
    return problemResponse("unauthorized", { detail: "The bench's token is not valid.", requestId: "req_bench" });
  const job = gpuJob(env, BENCH_TENANT, jobId);
  switch (action) {
    case "create":
      return answer(await job.submit(jobId, benchSpec(url.searchParams.get("asset") ?? "")));
    case "claim": {
      const granted = await job.startAttempt(BENCH_AGENT);
      return granted.ok ? Response.json({ lease: await leaseOf(env, granted.value) }) : answer(granted);
    }
    case "state":
      return answer(await job.get());
    case "events":
      return answer(await job.events({ after: Number(url.searchParams.get("after") ?? 0), limit: 500 }));
    default:
      return problemResponse("not_found", { detail: "There is no such door.", requestId: "req_bench" });
  }
}

const answer = (result: Result<unknown, Refusal>): Response =>
  result.ok
    ? Response.json(result.value)
    : problemResponse(result.error.code, { detail: result.error.detail, requestId: "req_bench" });
