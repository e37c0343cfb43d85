import { z } from "zod";
import { IDEMPOTENCY_HEADER, readIdempotencyKey } from "../../idempotency-key.ts";
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
  headers: IDEMPOTENCY_HEADER,
  responses: {
    201: {
      description: "The asset waits for its content",
      schema: Created,
      headers: { Location: "The asset's path" },
      example: {
        ...EXAMPLE_ASSET,
        status: "uploading",
        upload: { method: "PUT", url: `/v1/assets/${EXAMPLE_ASSET.id}/content` },
      },
    },
  },
  problems: ["idempotency_conflict"],
  handle: async ({ c, deps, tenant, asset, body }) => {
    const key = readIdempotencyKey(c);
    if (!key.ok) return key.error;
    const assetId = key.value === null ? deps.newAssetId() : assetIdOfKey(tenant, key.value);
    const created = await asset(assetId).create({ tenant, assetId, body });
    if (!created.ok) return refused(c, created.error);
    const path = `/v1/assets/${assetId}`;
    return c.json({ ...created.value, upload: { method: "PUT", url: `${path}/content` } }, 201, { location: path });
  },
});
