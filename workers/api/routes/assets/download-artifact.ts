import { AssetId } from "../../../../shared/contracts/asset.ts";
import { Artifact } from "../../../../shared/contracts/insight.ts";
import { z } from "zod";
import { contentDisposition } from "../../content-disposition.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { BYTE_HEADERS, BYTE_PROBLEMS, BYTE_RESPONSES } from "./byte-responses.ts";
import { serveBytes } from "./serve-bytes.ts";

/** Types that a browser shows without running anything. */
const SHOWN = new Set(["image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"]);

export const downloadArtifact = defineRoute({
  method: "get",
  path: "/v1/assets/{assetId}/artifacts/{name}",
  operationId: "downloadArtifact",
  summary: "Download an artifact",
  description: "A file that the analysis derived from the asset: a thumbnail, a storyboard, a waveform.",
  tag: "assets",
  permission: "assets:read",
  params: z.strictObject({ assetId: AssetId, name: Artifact.shape.name }),
  query: Nothing,
  body: null,
  headers: BYTE_HEADERS,
  responses: BYTE_RESPONSES,
  problems: BYTE_PROBLEMS,
  handle: async ({ c, deps, params, asset }) => {
    const found = await asset(params.assetId).artifact(params.name);
    if (!found.ok) return refused(c, found.error);
    const kind = SHOWN.has(found.value.contentType) ? "inline" : "attachment";
    return serveBytes(c, deps.bucket, { ...found.value, disposition: contentDisposition(kind, params.name) });
  },
});
