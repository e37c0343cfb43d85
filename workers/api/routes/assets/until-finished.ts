import type { AssetView } from "../../../../shared/contracts/asset.ts";
import type { MediaAssetRpc } from "../../../../shared/contracts/objects.ts";
import { ok, type Result } from "../../../../shared/core/result.ts";
import type { Refusal } from "../../../../shared/errors/refusal.ts";

/** The longest that one question to the object stays open. */
const ONE_WAIT_MS = 10_000;

/**
 * The asset as it is when it is finished, or when the time is up. An asset that waits for its content is told at once:
 * nobody sends it by waiting. It is the object that waits, woken by each event; nothing is asked at a beat.
 */
export async function untilFinished(
  asset: Pick<MediaAssetRpc, "events" | "get">,
  first: AssetView,
  waitMs: number,
  now: () => number,
): Promise<Result<AssetView, Refusal>> {
  const endsAtMs = now() + waitMs;
  let view = first;
  while (view.finishedAt === null && view.status !== "uploading") {
    const leftMs = endsAtMs - now();
    if (leftMs <= 0) break;
    const news = await asset.events({ after: view.seq, limit: 1, waitMs: Math.min(leftMs, ONE_WAIT_MS) });
    if (!news.ok) return news;
    const next = await asset.get();
    if (!next.ok) return next;
    view = next.value;
  }
  return ok(view);
}
