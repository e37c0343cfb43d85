/** The agents' side door: `POST /agents/register` and `POST /agents/lease`, opened by the pool's token. */
import { agentPool } from "../../durable-objects/addresses.ts";
import { RegisterAgent } from "../../shared/contracts/agent.ts";
import { readJson } from "../body.ts";
import { settingsOf } from "../env.ts";
import { problemResponse } from "../problem.ts";
import { leaseJob } from "./lease-job.ts";

/** The one pool there is; pools by provider and region come with their adapters. */
export const DEFAULT_POOL = "default";

export async function handleAgents(request: Request, env: Env, path: string, requestId: string): Promise<Response> {
  if (request.method !== "POST") {
    return problemResponse("method_not_allowed", {
      detail: "Agents speak by POST.",
      requestId,
      headers: { allow: "POST" },
    });
  }
  if (!(await isAgent(request, env)))
    return problemResponse("unauthorized", { detail: "The agent token is not valid.", requestId });
  if (path === "/agents/lease") return leaseJob(request, env, DEFAULT_POOL, requestId);
  if (path !== "/agents/register") return problemResponse("not_found", { detail: "There is nothing here.", requestId });
  const agent = await readJson(request, RegisterAgent, 16_384);
  if (agent === null) return problemResponse("invalid_request", { detail: "The body is no registration.", requestId });
  return Response.json(await agentPool(env, DEFAULT_POOL).register(agent));
}

async function isAgent(request: Request, env: Env): Promise<boolean> {
  return sameSecret(request.headers.get("authorization") ?? "", `Bearer ${settingsOf(env).AGENT_TOKEN}`);
}

/** Compares digests, so that neither length nor content shows in the time it takes. */
export async function sameSecret(given: string, wanted: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [a, b] = await Promise.all([
    crypto.subtle.digest("SHA-256", encoder.encode(given)),
    crypto.subtle.digest("SHA-256", encoder.encode(wanted)),
  ]);
  return crypto.subtle.timingSafeEqual(a, b);
}
