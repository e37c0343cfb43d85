/** The project's own classes and consumers, as a simulated world runs them. To be imported after the hooks. */
import { AgentPool } from "../../durable-objects/agent-pool/object.ts";
import { GpuJob } from "../../durable-objects/gpu-job/object.ts";
import { MediaAsset } from "../../durable-objects/media-asset/object.ts";
import { Tenant } from "../../durable-objects/tenant/object.ts";
import { consumeInto } from "../../workers/queues/consume.ts";
import type { ObjectClass } from "./platform/object-host.ts";
import { inspect } from "./actors/inspector.ts";
import { indexesOf, type ProjectCode } from "./world.ts";

// SAFETY: the platform makes the instances with these two arguments; what they can do is called by name.
const asClass = (made: unknown): ObjectClass => made as ObjectClass;

export const PROJECT: ProjectCode = {
  classes: {
    MediaAsset: asClass(MediaAsset),
    GpuJob: asClass(GpuJob),
    AgentPool: asClass(AgentPool),
    Tenant: asClass(Tenant),
  },
  consume: consumeInto(indexesOf),
  inspect,
};
