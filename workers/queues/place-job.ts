/** Consumer of `place`: finds a place for a waiting job. One kind of place exists here: the pool of agents. */
import { agentPool } from "../../durable-objects/addresses.ts";
import { PlaceMessage } from "../../shared/contracts/queues.ts";
import { DEFAULT_POOL } from "../agents/routes.ts";

export async function placeJob(body: unknown, env: Env): Promise<void> {
  const { tenant, jobId } = PlaceMessage.parse(body);
  await agentPool(env, DEFAULT_POOL).offer({ tenant, jobId });
}
