import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetBody, AssetParams, CompleteAssetBody, Nothing } from "../../schemas.ts";
import { EXAMPLE_ASSET } from "./example-asset.ts";

export const completeAsset = defineRoute({
  method: "post",
  path: "/v1/assets/{assetId}/complete",
  operationId: "completeAsset",
  summary: "Complete the upload",
  description: "Starts the analysis of the stored content. Repeating it changes nothing.",
  tag: "assets",
  permission: "assets:write",
  params: AssetParams,
  query: Nothing,
  body: CompleteAssetBody,
  bodyOptional: true,
  bodyExample: { sizeBytes: 482_113 },
  responses: {
    200: { description: "The asset goes on", schema: AssetBody, example: { ...EXAMPLE_ASSET, status: "inspecting" } },
  },
  problems: ["upload_incomplete", "asset_not_uploading", "size_mismatch", "checksum_mismatch"],
  handle: async ({ c, params, asset, body }) => {
    const completed = await asset(params.assetId).complete(body);
    return completed.ok ? c.json(completed.value) : refused(c, completed.error);
  },
});
