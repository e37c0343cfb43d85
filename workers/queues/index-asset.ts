/**
 * Consumer of `index`: brings the projection of one asset up to date. The message only says that there is news; what
 * is missing is read from the asset itself, so that lost, repeated and reordered messages end in the same rows.
 */
import { mediaAsset } from "../../durable-objects/addresses.ts";
import { IndexMessage } from "../../shared/contracts/queues.ts";
import { assetWords } from "../../shared/search/asset-words.ts";
import type { AssetIndex } from "../../shared/ports/asset-index.ts";
import type { VectorIndex } from "../../shared/ports/vector-index.ts";

export async function indexAsset(body: unknown, env: Env, index: AssetIndex, vectors: VectorIndex): Promise<void> {
  const { tenant, assetId } = IndexMessage.parse(body);
  const asset = mediaAsset(env, tenant, assetId);
  for (;;) {
    const since = await index.indexedSeq(tenant, assetId);
    const change = await asset.changesSince(since);
    if (!change.ok) return; // An asset that never was has nothing to index.
    const { summary, toSeq } = change.value;
    const insights = [...change.value.insights, assetWords(summary)];
    if (toSeq <= since) {
      await asset.confirmIndexed(since);
      return;
    }
    // Vectors first: once the number is written, nobody would come back for them.
    if (summary.status === "deleted") await vectors.deleteAsset(tenant, assetId);
    const entries = insights.flatMap(({ id, embedding }) =>
      embedding === null ? [] : [{ assetId, insightId: id, space: embedding.space, vector: embedding.vector }],
    );
    if (entries.length > 0 && summary.status !== "deleted") await vectors.upsert(tenant, entries);
    await index.apply(tenant, { ...change.value, insights });
  }
}
