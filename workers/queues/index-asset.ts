/**
 * Consumer of `index`: brings the projection of one asset up to date. The message only says that there is news; what
 * is missing is read from the asset itself, so that lost, repeated and reordered messages end in the same rows.
 *
 * Several consumers may be at the same asset at once, each may be ended at any point, and the vector index cannot tell
 * an older vector from a newer one. So a consumer ends only after a look at the asset that shows nothing newer than
 * what it wrote itself: whatever it wrote too late, over the work of a faster one, it has then written over again.
 */
import type { MediaAssetRpc } from "../../shared/contracts/objects.ts";
import { assetWords } from "../../shared/search/asset-words.ts";
import type { AssetIndex } from "../../shared/ports/asset-index.ts";
import type { VectorIndex } from "../../shared/ports/vector-index.ts";

export type Indexing = {
  readonly tenant: string;
  readonly assetId: string;
  /** Counted from 1. An earlier try may have ended with vectors of an older state written: this one goes over all. */
  readonly attempt: number;
};

export async function indexAsset(
  { tenant, assetId, attempt }: Indexing,
  asset: Pick<MediaAssetRpc, "changesSince" | "confirmIndexed">,
  index: AssetIndex,
  vectors: VectorIndex,
): Promise<void> {
  let upTo = attempt > 1 ? 0 : await index.indexedSeq(tenant, assetId);
  let emptied = false;
  for (;;) {
    const change = await asset.changesSince(upTo);
    if (!change.ok) return; // An asset that never was has nothing to index.
    const { summary, toSeq } = change.value;
    if (summary.status === "deleted") {
      if (toSeq <= upTo) {
        await asset.confirmIndexed(upTo);
        return;
      }
      // The vectors go after the tombstone, so that an end in between leaves the asset unconfirmed; then a look again.
      await index.apply(tenant, { ...change.value, insights: [] });
      await vectors.deleteAsset(tenant, assetId);
      emptied = true;
      upTo = toSeq;
      continue;
    }
    if (emptied) {
      // Restored since its vectors were removed here: others may have written them before that.
      emptied = false;
      upTo = 0;
      continue;
    }
    if (toSeq <= upTo) {
      await asset.confirmIndexed(upTo);
      return;
    }
    const insights = [...change.value.insights, assetWords(summary)];
    const entries = insights.flatMap(({ id, embedding }) =>
      embedding === null ? [] : [{ assetId, insightId: id, space: embedding.space, vector: embedding.vector }],
    );
    // Vectors first: once the number is written, nobody would come back for them.
    if (entries.length > 0) await vectors.upsert(tenant, entries);
    // Less than what was applied: something before it is missing, and is read again.
    upTo = Math.min(toSeq, await index.apply(tenant, { ...change.value, insights }));
  }
}
