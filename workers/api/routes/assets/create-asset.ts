import { z } from "zod";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetBody, CreateAssetBody, Nothing } from "../../schemas.ts";
import { assetIdOfKey } from "./asset-id-of-key.ts";
import { EXAMPLE_ASSET } from "./example-asset.ts";

const Created = z.strictObject({
  ...AssetBody.shape,
  upload: z.strictObject({ method: z.literal("PUT"), url: z.string().describe("Where to send the content") }),
});

export const createAsset = defineRoute({
  method: "post",
  path: "/v1/assets",
  operationId: "createAsset",
  summary: "Create an asset",
  description:
    "Announces a file. Its content is then sent to `upload.url`. With an `Idempotency-Key` the request can be repeated " +
    "for 80 hours and gives the same asset; another body under the same key is refused.",
  tag: "assets",
  permission: "assets:write",
  params: Nothing,
  query: Nothing,
  body: CreateAssetBody,
  bodyExample: { name: "harbour.jpg", sizeBytes: 482_113, tags: ["holiday"] },
  responses: {
    201: {
      description: "The asset waits for its content",
      schema: Created,
      headers: { Location: "The asset's path", ...REPLAYED_HEADER },
      example: {
        ...EXAMPLE_ASSET,
        status: "uploading",
        upload: { method: "PUT", url: `/v1/assets/${EXAMPLE_ASSET.id}/content` },
      },
    },
  },
  problems: ["quota_exceeded"],
  handle: async ({ c, deps, tenant, asset, once, body }) => {
    const assetId = once === null ? deps.newAssetId() : assetIdOfKey(tenant, once.key);
    const room = await deps.assetQuotas.reserve(tenant, assetId, body.sizeBytes ?? 0);
    if (!room.ok) return refused(c, room.error);
    const created = await asset(assetId).create({ tenant, assetId, body, counted: room.value.counted });
    markReplayed(c, created);
    if (!created.ok) return refused(c, created.error);
    const path = `/v1/assets/${assetId}`;
    return c.json({ ...created.value, upload: { method: "PUT", url: `${path}/content` } }, 201, { location: path });
  },
});
