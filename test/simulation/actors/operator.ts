/** Whoever looks after the deployment: the cron of every five minutes, and sagas that are stuck. */
import { mediaAsset } from "../../../durable-objects/addresses.ts";
import { reconcileAssets } from "../../../workers/cron/reconcile-assets.ts";
import { SimulatedFault } from "../faults.ts";
import { Scope } from "../platform/scope.ts";
import { indexesOf, type World } from "../world.ts";
import { meddle } from "./job-client.ts";

const CRON_MS = 5 * 60_000;

export function keepHouse(world: World): void {
  world.live(new Scope("operator"), async () => {
    const meddledWith = new Set<string>();
    while (!world.settled) {
      await world.sleep(CRON_MS);
      await tick(world);
      for (const name of world.objects.GPU_JOB.hosts.keys()) {
        if (!world.faults.active || meddledWith.has(name)) continue;
        meddledWith.add(name);
        const [tenant = "", jobId = ""] = name.split("/");
        meddle(world, tenant, jobId);
      }
      if (!world.faults.active) await unstick(world);
    }
  });
}

async function tick(world: World): Promise<void> {
  try {
    await world.workers.run("cron", async () => {
      await reconcileAssets(world.env, indexesOf(world.env).index);
    });
  } catch (error) {
    if (!(error instanceof SimulatedFault)) world.unexpected("cron", error);
  }
}

/** A saga that has failed too often waits for somebody to say that it may try again. */
async function unstick(world: World): Promise<void> {
  for (const name of world.ledger.assets) {
    const [tenant = "", assetId = ""] = name.split("/");
    await world.edge(`retry ${name}`, () => mediaAsset(world.env, tenant, assetId).retrySaga());
  }
}
