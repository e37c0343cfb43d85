import { z } from "zod";
import type { MediaAssetRpc, UploadGrant } from "../../../../../shared/contracts/objects.ts";
import { formatTraceparent } from "../../../../../shared/core/trace-context.ts";
import { problem, refused } from "../../../problem.ts";
import { defineRoute } from "../../../route.ts";
import { AssetBody, AssetParams } from "../../../schemas.ts";
import { EXAMPLE_ASSET } from "../example-asset.ts";
import { BodyBroken } from "./parts.ts";
import { receive } from "./receive.ts";

const Query = z.strictObject({
  complete: z.enum(["true", "false"]).default("false").describe("`true` completes the upload in the same request"),
});

const empty = (): ReadableStream<Uint8Array> => new ReadableStream({ start: (controller) => controller.close() });

/** Gives the upload up, so that the next one may begin; `undo` failing is no reason to hide why. */
async function giveUp(asset: MediaAssetRpc, { upload }: UploadGrant): Promise<void> {
  await asset.failUpload(upload).catch(() => undefined); // The asset's own timer ends an upload that nobody ends.
}

export const uploadContent = defineRoute({
  method: "put",
  path: "/v1/assets/{assetId}/content",
  operationId: "uploadContent",
  summary: "Upload the content",
  description:
    "Streams the file, of known or unknown length. A later upload of the same asset takes over from an earlier one. " +
    "The analysis starts when the upload is completed: by `complete=true` here or by a request of its own.",
  tag: "assets",
  permission: "assets:write",
  params: AssetParams,
  query: Query,
  body: null,
  takesBytes: true,
  responses: {
    200: {
      description: "The content is stored",
      schema: AssetBody,
      example: { ...EXAMPLE_ASSET, status: "uploading" },
    },
  },
  problems: [
    "asset_not_uploading",
    "upload_superseded",
    "upload_incomplete",
    "payload_too_large",
    "quota_exceeded",
    "size_mismatch",
    "checksum_mismatch",
  ],
  handle: async ({ c, deps, tenant, params, query, asset }) => {
    const target = asset(params.assetId);
    const begun = await target.beginUpload();
    if (!begun.ok) return refused(c, begun.error);
    const grant = begun.value;
    const announced = Number(c.req.header("content-length") ?? 0);
    if (announced > grant.maxBytes) {
      await giveUp(target, grant);
      return problem(c, "payload_too_large", `The content may have at most ${grant.maxBytes} bytes.`);
    }
    const room = await deps.assetQuotas.reserve(tenant, params.assetId, announced);
    if (!room.ok) {
      await giveUp(target, grant);
      return refused(c, room.error);
    }
    const body = c.req.raw.body ?? empty();
    try {
      const received = await receive(deps.bucket, grant, body, (id) => target.noteMultipart(grant.upload, id));
      const finished = received.ok ? await target.finishUpload(grant.upload, received.value) : received;
      if (!finished.ok) {
        await Promise.all([deps.bucket.delete(grant.key), giveUp(target, grant)]);
        return refused(c, finished.error);
      }
      if (query.complete === "false") return c.json(finished.value);
      const completed = await target.complete({}, null, formatTraceparent(c.var.trace));
      if (!completed.ok) return refused(c, completed.error);
      await deps.assetQuotas.settle(tenant, params.assetId, completed.value.sizeBytes ?? 0);
      return c.json(completed.value);
    } catch (error) {
      await giveUp(target, grant);
      if (error instanceof BodyBroken) return problem(c, "upload_incomplete", "The body ended before it was complete.");
      throw error;
    }
  },
});
