import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetParams, Nothing } from "../../schemas.ts";

export const deleteAsset = defineRoute({
  method: "delete",
  path: "/v1/assets/{assetId}",
  operationId: "deleteAsset",
  summary: "Delete an asset",
  description: "Removes the asset, its content and its findings for good. Repeated, it answers 404: the asset is gone.",
  tag: "assets",
  scope: "assets:write",
  params: AssetParams,
  query: Nothing,
  body: null,
  responses: { 204: { description: "The asset is deleted" } },
  problems: [],
  handle: async ({ c, params, asset }) => {
    const deleted = await asset(params.assetId).delete();
    return deleted.ok ? c.body(null, 204) : refused(c, deleted.error);
  },
});
