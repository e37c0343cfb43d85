/** Takes the place of the pool of agents for some jobs: they are handed to a provider when a place is asked for. */
import { gpuJob } from "../../../durable-objects/addresses.ts";
import { PlaceMessage } from "../../../shared/contracts/queues.ts";
import { SimulatedFault } from "../faults.ts";
import type { World } from "../world.ts";
import type { ProviderSite } from "./site.ts";

/** Acts on the messages of jobs that a provider is to have; answers the others. */
export async function placeAtProviders(messages: readonly Message[], world: World): Promise<Message[]> {
  const others: Message[] = [];
  await Promise.all(
    messages.map(async (message) => {
      const job = PlaceMessage.parse(message.body);
      const site = world.siteFor(`${job.tenant}/${job.jobId}`);
      if (site === null) {
        others.push(message);
        return;
      }
      try {
        await place(world, job, site);
        message.ack();
      } catch (error) {
        if (!(error instanceof SimulatedFault)) throw error;
        message.retry({ delaySeconds: 2 });
      }
    }),
  );
  return others;
}

async function place(world: World, { tenant, jobId }: PlaceMessage, { traits }: ProviderSite): Promise<void> {
  await gpuJob(world.env, tenant, jobId).startOnProvider({
    provider: traits.name,
    account: "acc-1",
    endpoint: "ep-1",
    retentionMs: traits.retentionMs,
    expectedRunMs: traits.typicalRunMs,
  });
}
