import { formatTraceparent } from "../../../../shared/core/trace-context.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetBody, AssetParams, Nothing, RerunAssetBody } from "../../schemas.ts";
import { EXAMPLE_ASSET } from "./example-asset.ts";

export const rerunAsset = defineRoute({
  method: "post",
  path: "/v1/assets/{assetId}/rerun",
  operationId: "rerunAsset",
  summary: "Analyse again",
  description:
    "Does the analysis of a finished asset again: all of it, or one step and those that depend on it. Results of the " +
    "other steps stay, and those of the repeated steps stay until new ones take their place. With an " +
    "`Idempotency-Key` the request can be repeated for 80 hours and starts one analysis.",
  tag: "assets",
  permission: "assets:write",
  params: AssetParams,
  query: Nothing,
  body: RerunAssetBody,
  bodyOptional: true,
  bodyExample: { fromStep: "ocr" },
  responses: {
    202: {
      description: "The asset is analysed again",
      schema: AssetBody,
      headers: REPLAYED_HEADER,
      example: { ...EXAMPLE_ASSET, status: "analysing", progress: 0, finishedAt: null },
    },
  },
  problems: ["asset_busy", "asset_not_analysable"],
  handle: async ({ c, params, asset, once, body }) => {
    const rerun = await asset(params.assetId).rerun(body.fromStep ?? null, once, formatTraceparent(c.var.trace));
    markReplayed(c, rerun);
    return rerun.ok ? c.json(rerun.value, 202) : refused(c, rerun.error);
  },
});
