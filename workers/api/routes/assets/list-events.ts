import { z } from "zod";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetParams, EventBody, limitUpTo } from "../../schemas.ts";

/** The longest that a call stays open, in seconds. */
const MAX_WAIT_SECONDS = 20;

const Query = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).describe("Number of the last event already known"),
  limit: limitUpTo(500, 100),
  waitSeconds: z.coerce
    .number()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .default(0)
    .describe("When there is no news, wait this long for some"),
});
const Events = z.strictObject({
  events: z.array(EventBody),
  after: z.int().min(0).describe("`after` of the next call"),
});

export const listEvents = defineRoute({
  method: "get",
  path: "/v1/assets/{assetId}/events",
  operationId: "listEvents",
  summary: "Read or follow an asset's journal",
  description: "Everything that happened to the asset, in order, hash-chained and without gaps.",
  tag: "assets",
  permission: "assets:read",
  params: AssetParams,
  query: Query,
  body: null,
  responses: {
    200: { description: "Events, oldest first", schema: Events, example: { events: [], after: 8 } },
  },
  problems: [],
  handle: async ({ c, params, query: { after, limit, waitSeconds }, asset }) => {
    const page = await asset(params.assetId).events({ after, limit, waitMs: waitSeconds * 1000 });
    if (!page.ok) return refused(c, page.error);
    const { events } = page.value;
    return c.json({ events, after: events.at(-1)?.seq ?? after });
  },
});
