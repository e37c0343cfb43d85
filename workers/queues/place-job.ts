/** Consumer of `place`: finds a place for a waiting job. One kind of place exists here: the pool of agents. */
import { agentPool } from "../../durable-objects/addresses.ts";
import type { PlaceMessage } from "../../shared/contracts/queues.ts";
import { DEFAULT_POOL } from "../agents/routes.ts";

export async function placeJob(job: PlaceMessage, env: Env): Promise<void> {
  await agentPool(env, DEFAULT_POOL).offer(job);
}
