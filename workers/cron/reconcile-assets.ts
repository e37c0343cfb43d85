/**
 * Every five minutes: wakes assets whose work has stopped moving, and their jobs. Alarms do this by themselves; the
 * sweep is for the alarm that was lost. When the index is away, so are its news, and the next tick tries again.
 */
import { gpuJob, mediaAsset } from "../../durable-objects/addresses.ts";
import type { AssetIndex } from "../../shared/ports/asset-index.ts";

/** Longer than every repetition of an outbox row. */
const SILENT_MS = 10 * 60_000;
const AT_ONCE = 100;

export async function reconcileAssets(env: Env, index: AssetIndex, nowMs: number): Promise<number> {
  const stalled = await index.stalled(new Date(nowMs - SILENT_MS).toISOString(), AT_ONCE);
  for (const { tenant, assetId } of stalled) {
    const asset = mediaAsset(env, tenant, assetId);
    await asset.nudge();
    const view = await asset.get();
    if (view.ok && view.value.jobId !== null) await gpuJob(env, tenant, view.value.jobId).nudge();
  }
  return stalled.length;
}
