import { formatTraceparent } from "../../../../shared/core/trace-context.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetBody, AssetParams, Nothing } from "../../schemas.ts";
import { EXAMPLE_ASSET } from "./example-asset.ts";

export const restoreAsset = defineRoute({
  method: "post",
  path: "/v1/assets/{assetId}/restore",
  operationId: "restoreAsset",
  summary: "Bring back a deleted asset",
  description:
    "Within the retention (30 days unless set otherwise) the asset comes back as it was: content, findings, place in " +
    "the search. Work that the deletion interrupted goes on. On an asset that is not deleted it changes nothing.",
  tag: "assets",
  permission: "assets:delete",
  params: AssetParams,
  query: Nothing,
  body: null,
  responses: {
    200: { description: "The asset is back", schema: AssetBody, example: EXAMPLE_ASSET, headers: REPLAYED_HEADER },
  },
  problems: ["asset_purged", "quota_exceeded"],
  handle: async ({ c, deps, tenant, params: { assetId }, asset, once }) => {
    const room = await deps.assetQuotas.reserve(tenant, assetId, 0);
    if (!room.ok) return refused(c, room.error);
    const restored = await asset(assetId).restore(once, formatTraceparent(c.var.trace));
    markReplayed(c, restored);
    if (!restored.ok) {
      // Gone for good, or never there: it holds nothing. Of any other refusal the claim says nothing new.
      const gone = restored.error.code === "asset_purged" || restored.error.code === "not_found";
      if (gone) await deps.assetQuotas.release(tenant, assetId);
      return refused(c, restored.error);
    }
    await deps.assetQuotas.settle(tenant, assetId, restored.value.sizeBytes ?? 0);
    return c.json(restored.value);
  },
});
