import { contentDisposition } from "../../content-disposition.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetParams, Nothing } from "../../schemas.ts";
import { BYTE_HEADERS, BYTE_PROBLEMS, BYTE_RESPONSES } from "./byte-responses.ts";
import { serveBytes } from "./serve-bytes.ts";

export const downloadContent = defineRoute({
  method: "get",
  path: "/v1/assets/{assetId}/content",
  operationId: "downloadContent",
  summary: "Download the content",
  description: "The bytes as they were uploaded, always as an attachment. HEAD answers the headers alone.",
  tag: "assets",
  permission: "assets:read",
  params: AssetParams,
  query: Nothing,
  body: null,
  headers: BYTE_HEADERS,
  responses: BYTE_RESPONSES,
  problems: ["content_unavailable", ...BYTE_PROBLEMS],
  handle: async ({ c, deps, params, asset }) => {
    const content = await asset(params.assetId).content();
    if (!content.ok) return refused(c, content.error);
    const disposition = contentDisposition("attachment", content.value.name);
    return serveBytes(c, deps.bucket, { ...content.value, disposition });
  },
});
