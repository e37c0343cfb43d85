/** The main Worker: what a request, a message and a tick of the clock do, and the classes of all objects. */
// First of all imports: it teaches zod `.openapi`, which only schemas made after it have.
import "@hono/zod-openapi";
import { handleFetch } from "./fetch.ts";
import { composition } from "./composition.ts";
import { consumeInto } from "./queues/consume.ts";
import { reconcileAssets } from "./cron/reconcile-assets.ts";
import { reconcileUsers } from "./cron/reconcile-users.ts";

export { AgentPool } from "../durable-objects/agent-pool/object.ts";
export { AuditLog } from "../durable-objects/audit-log/object.ts";
export { GpuJob } from "../durable-objects/gpu-job/object.ts";
export { MediaAsset } from "../durable-objects/media-asset/object.ts";
export { RateLimiter } from "../durable-objects/rate-limiter/object.ts";
export { Tenant } from "../durable-objects/tenant/object.ts";
export { UserAccount } from "../durable-objects/user-account/object.ts";

export default {
  fetch: handleFetch,
  queue: consumeInto(composition),
  scheduled: async (_controller, env) => {
    const { index, users } = composition(env);
    await Promise.all([reconcileAssets(env, index), reconcileUsers(env, users)]);
  },
} satisfies ExportedHandler<Env>;
