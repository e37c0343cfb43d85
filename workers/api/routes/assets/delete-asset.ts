import { z } from "zod";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetParams } from "../../schemas.ts";

const Query = z.strictObject({
  purge: z
    .enum(["true", "false"])
    .default("false")
    .describe("`true` removes content and findings now; also of an asset that is deleted already"),
});

export const deleteAsset = defineRoute({
  method: "delete",
  path: "/v1/assets/{assetId}",
  operationId: "deleteAsset",
  summary: "Delete an asset",
  description:
    "Hides the asset at once. Content and findings are kept for the retention (30 days unless set otherwise), in which " +
    "it can be restored, and are then removed for good. Repeated, it answers 404: the asset is gone.",
  tag: "assets",
  permission: "assets:delete",
  params: AssetParams,
  query: Query,
  body: null,
  responses: { 204: { description: "The asset is deleted" } },
  problems: [],
  handle: async ({ c, deps, tenant, params, query, asset }) => {
    const deleted = await asset(params.assetId).delete({ purge: query.purge === "true" });
    if (!deleted.ok) return refused(c, deleted.error);
    await deps.assetQuotas.release(tenant, params.assetId);
    return c.body(null, 204);
  },
});
