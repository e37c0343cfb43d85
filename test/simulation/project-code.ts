/** The project's own classes and consumers, as a simulated world runs them. To be imported after the hooks. */
import { AgentPool } from "../../durable-objects/agent-pool/object.ts";
import { GpuJob } from "../../durable-objects/gpu-job/object.ts";
import { MediaAsset } from "../../durable-objects/media-asset/object.ts";
import { Tenant } from "../../durable-objects/tenant/object.ts";
import { consumeInto } from "../../workers/queues/consume.ts";
import type { ObjectClass } from "./platform/object-host.ts";
import type { GpuProvider } from "../../shared/ports/gpu-provider.ts";
import type { UserIndex } from "../../shared/ports/user-index.ts";
import { inspect } from "./actors/inspector.ts";
import { placeAtProviders } from "./providers/placement.ts";
import { indexesOf, type ProjectCode, worldOf } from "./world.ts";

/** The job, with the world's providers in the place of connected ones. */
class SimulatedJob extends GpuJob {
  protected override provider(name: string): GpuProvider {
    const site = worldOf(this.env).sites.get(name);
    if (site === undefined) throw new Error(`There is no provider ${name}`);
    return site;
  }
}

// SAFETY: the simulated world has no accounts, so nobody tells of a user.
const users = {} as UserIndex;
const consume = consumeInto((env) => ({ ...indexesOf(env), users }));

/** The real consumer, after what providers take. */
async function consumeOrPlace(batch: MessageBatch, env: Env): Promise<void> {
  if (!batch.queue.startsWith("aima-place-dev")) return consume(batch, env);
  const messages = await placeAtProviders(batch.messages, worldOf(env));
  return messages.length === 0 ? undefined : consume({ ...batch, messages }, env);
}

// SAFETY: the platform makes the instances with these two arguments; what they can do is called by name.
const asClass = (made: unknown): ObjectClass => made as ObjectClass;

export const PROJECT: ProjectCode = {
  classes: {
    MediaAsset: asClass(MediaAsset),
    GpuJob: asClass(SimulatedJob),
    AgentPool: asClass(AgentPool),
    Tenant: asClass(Tenant),
  },
  consume: consumeOrPlace,
  inspect,
};
