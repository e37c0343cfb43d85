import { z } from "zod";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetParams, InsightBody, limitUpTo } from "../../schemas.ts";

const Query = z.strictObject({
  kind: z.string().min(1).max(40).optional().describe("Only insights of this kind"),
  after: z.string().min(1).max(200).optional().describe("`next` of the previous page"),
  limit: limitUpTo(500, 100),
});
const Insights = z.strictObject({
  insights: z.array(InsightBody),
  next: z.string().nullable().describe("`after` of the next page; null at the end"),
});

export const listInsights = defineRoute({
  method: "get",
  path: "/v1/assets/{assetId}/insights",
  operationId: "listInsights",
  summary: "Read what was found",
  description: "The findings of the analysis, each with its source, confidence and place in the media.",
  tag: "assets",
  permission: "assets:read",
  params: AssetParams,
  query: Query,
  body: null,
  responses: { 200: { description: "A page of insights", schema: Insights, example: { insights: [], next: null } } },
  problems: [],
  handle: async ({ c, params, query: { kind, after, limit }, asset }) => {
    const page = await asset(params.assetId).insights({ kind: kind ?? null, after: after ?? null, limit });
    if (!page.ok) return refused(c, page.error);
    const { insights, more } = page.value;
    return c.json({ insights, next: more ? (insights.at(-1)?.id ?? null) : null });
  },
});
