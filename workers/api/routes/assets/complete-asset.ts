import { formatTraceparent } from "../../../../shared/core/trace-context.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { PREFER_HEADER, PREFERENCE_APPLIED_HEADER, preferredWaitMs } from "../../prefer-wait.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetBody, AssetParams, CompleteAssetBody, Nothing } from "../../schemas.ts";
import { untilFinished } from "./until-finished.ts";
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
  headers: PREFER_HEADER,
  responses: {
    200: {
      description: "The asset goes on",
      schema: AssetBody,
      headers: { ...REPLAYED_HEADER, ...PREFERENCE_APPLIED_HEADER },
      example: { ...EXAMPLE_ASSET, status: "inspecting" },
    },
  },
  problems: ["upload_incomplete", "asset_not_uploading", "size_mismatch", "checksum_mismatch"],
  handle: async ({ c, deps, tenant, params, asset, once, body }) => {
    const stub = asset(params.assetId);
    const completed = await stub.complete(body, once, formatTraceparent(c.var.trace));
    markReplayed(c, completed);
    if (!completed.ok) return refused(c, completed.error);
    await deps.assetQuotas.settle(tenant, params.assetId, completed.value.sizeBytes ?? 0);
    const later = await untilFinished(stub, completed.value, preferredWaitMs(c), deps.now);
    return later.ok ? c.json(later.value) : refused(c, later.error);
  },
});
