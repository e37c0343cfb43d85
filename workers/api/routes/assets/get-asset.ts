import { z } from "zod";
import { namesTag } from "../../entity-tag.ts";
import { PREFER_HEADER, PREFERENCE_APPLIED_HEADER, preferredWaitMs } from "../../prefer-wait.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetBody, AssetParams } from "../../schemas.ts";
import { EXAMPLE_ASSET } from "./example-asset.ts";
import { untilFinished } from "./until-finished.ts";

const Query = z.strictObject({
  asOfSeq: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe("The asset as it was after the event of this number; 404 when it has no such event"),
});

export const getAsset = defineRoute({
  method: "get",
  path: "/v1/assets/{assetId}",
  operationId: "getAsset",
  summary: "Read an asset",
  description: "The asset as it is: status, metadata, steps of the analysis, artifacts.",
  tag: "assets",
  permission: "assets:read",
  params: AssetParams,
  query: Query,
  body: null,
  headers: { "If-None-Match": "Entity tag of an earlier answer", ...PREFER_HEADER },
  responses: {
    200: {
      description: "The asset",
      schema: AssetBody,
      example: EXAMPLE_ASSET,
      headers: { ETag: "Changes with every event of the asset", ...PREFERENCE_APPLIED_HEADER },
    },
    304: { description: "Nothing has changed" },
  },
  problems: [],
  handle: async ({ c, deps, params, query, asset }) => {
    const stub = asset(params.assetId);
    const first = await stub.get(query.asOfSeq ?? null);
    if (!first.ok) return refused(c, first.error);
    const waitMs = query.asOfSeq === undefined ? preferredWaitMs(c) : 0;
    const found = await untilFinished(stub, first.value, waitMs, deps.now);
    if (!found.ok) return refused(c, found.error);
    const headers = { etag: `W/"${found.value.seq}"`, "cache-control": "private, no-cache" };
    if (namesTag(c.req.header("if-none-match"), headers.etag)) return c.body(null, 304, headers);
    return c.json(found.value, 200, headers);
  },
});
