/** The objects alone, for tests in workerd: queues that need a database or another Worker are left unanswered. */
import { PlaceMessage } from "../../shared/contracts/queues.ts";
import { placeJob } from "../../workers/queues/place-job.ts";

export { AgentPool } from "../../durable-objects/agent-pool/object.ts";
export { AuditLog } from "../../durable-objects/audit-log/object.ts";
export { GpuJob } from "../../durable-objects/gpu-job/object.ts";
export { MediaAsset } from "../../durable-objects/media-asset/object.ts";
export { RateLimiter } from "../../durable-objects/rate-limiter/object.ts";
export { Tenant } from "../../durable-objects/tenant/object.ts";
export { UserAccount } from "../../durable-objects/user-account/object.ts";

export default {
  fetch: () => new Response("objects"),
  async queue(batch, env) {
    if (batch.queue.startsWith("aima-place-dev"))
      for (const { body } of batch.messages) await placeJob(PlaceMessage.parse(body), env);
    batch.ackAll();
  },
} satisfies ExportedHandler<Env>;
