import { namesTag } from "../../entity-tag.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetBody, AssetParams, Nothing } from "../../schemas.ts";
import { EXAMPLE_ASSET } from "./example-asset.ts";

export const getAsset = defineRoute({
  method: "get",
  path: "/v1/assets/{assetId}",
  operationId: "getAsset",
  summary: "Read an asset",
  description: "The asset as it is: status, metadata, steps of the analysis, artifacts.",
  tag: "assets",
  scope: "assets:read",
  params: AssetParams,
  query: Nothing,
  body: null,
  headers: { "If-None-Match": "Entity tag of an earlier answer" },
  responses: {
    200: {
      description: "The asset",
      schema: AssetBody,
      example: EXAMPLE_ASSET,
      headers: { ETag: "Changes with every event of the asset" },
    },
    304: { description: "Nothing has changed" },
  },
  problems: [],
  handle: async ({ c, params, asset }) => {
    const found = await asset(params.assetId).get();
    if (!found.ok) return refused(c, found.error);
    const headers = { etag: `W/"${found.value.seq}"`, "cache-control": "private, no-cache" };
    if (namesTag(c.req.header("if-none-match"), headers.etag)) return c.body(null, 304, headers);
    return c.json(found.value, 200, headers);
  },
});
