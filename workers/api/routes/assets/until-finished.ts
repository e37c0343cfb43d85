import type { AssetView } from "../../../../shared/contracts/asset.ts";
import type { MediaAssetRpc } from "../../../../shared/contracts/objects.ts";
import type { Result } from "../../../../shared/core/result.ts";
import type { Refusal } from "../../../../shared/errors/refusal.ts";
import { until } from "../../until.ts";

/**
 * The asset as it is when it is finished, or when the time is up. An asset that waits for its content is told at once:
 * nobody sends it by waiting.
 */
export const untilFinished = (
  asset: Pick<MediaAssetRpc, "events" | "get">,
  first: AssetView,
  waitMs: number,
  now: () => number,
): Promise<Result<AssetView, Refusal>> =>
  until(asset, first, ({ finishedAt, status }) => finishedAt !== null || status === "uploading", { waitMs, now });
