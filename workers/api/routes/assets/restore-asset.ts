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
  problems: ["asset_purged"],
  handle: async ({ c, params, asset, once }) => {
    const restored = await asset(params.assetId).restore(once);
    markReplayed(c, restored);
    return restored.ok ? c.json(restored.value) : refused(c, restored.error);
  },
});
