/** AIMA with everything counted that the platform bills. Slower than `entry.ts`: for counting only. */
import main, {
  AgentPool as ProductAgentPool,
  GpuJob as ProductGpuJob,
  MediaAsset as ProductMediaAsset,
  Tenant as ProductTenant,
} from "../../workers/index.ts";
import { count, counts, watched } from "./counts.ts";
import { type BenchEnv, countedEnv } from "./counted-env.ts";
import { deliverAll } from "./deliver.ts";
import { openDoor } from "./doors.ts";

export * from "../../workers/index.ts";
export { QueueStandIn } from "./queue-stand-in.ts";

export class AgentPool extends ProductAgentPool {
  constructor(ctx: DurableObjectState, env: Env) {
    super(watched(ctx, "AgentPool"), countedEnv(env as BenchEnv));
  }
}

export class GpuJob extends ProductGpuJob {
  constructor(ctx: DurableObjectState, env: Env) {
    super(watched(ctx, "GpuJob"), countedEnv(env as BenchEnv));
  }

  override async alarm(): Promise<void> {
    count(counts.alarmRuns, "GpuJob");
    await super.alarm();
  }
}

export class MediaAsset extends ProductMediaAsset {
  constructor(ctx: DurableObjectState, env: Env) {
    super(watched(ctx, "MediaAsset"), countedEnv(env as BenchEnv));
  }

  override async alarm(): Promise<void> {
    count(counts.alarmRuns, "MediaAsset");
    await super.alarm();
  }
}

export class Tenant extends ProductTenant {
  constructor(ctx: DurableObjectState, env: Env) {
    super(watched(ctx, "Tenant"), countedEnv(env as BenchEnv));
  }
}

export default {
  async fetch(request, platformEnv: BenchEnv, ctx): Promise<Response> {
    const env = countedEnv(platformEnv);
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case "/bench/ready":
      case "/bench/counts":
        return Response.json(counts);
      case "/bench/deliver":
        return Response.json({ delivered: await deliverAll(env) });
      default:
    }
    if (pathname.startsWith("/bench/")) return openDoor(request, env);
    count(counts.workerRequests, nameOf(request.method, pathname));
    return main.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<BenchEnv>;

/** Without what is different in every request. */
const nameOf = (method: string, path: string): string =>
  `${method} ${path.replace(/^\/callbacks\/jobs\/.*/, "/callbacks/jobs/…").replace(/\/ast_\w+/, "/…")}`;
