import { z } from "zod";
import { MAX_WAIT_SECONDS } from "../../prefer-wait.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { EventBody, JobParams, limitUpTo } from "../../schemas.ts";

const Query = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).describe("Number of the last event already known"),
  limit: limitUpTo(1000, 100),
  waitSeconds: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .default(0)
    .describe("When there is no news, wait this long for some"),
});
const Events = z.strictObject({
  events: z.array(EventBody),
  after: z.int().min(0).describe("`after` of the next call"),
});

export const listJobEvents = defineRoute({
  method: "get",
  path: "/v1/jobs/{jobId}/events",
  operationId: "listJobEvents",
  summary: "Read or follow a job's journal",
  description: "Attempts, segments, checkpoints and steps, in order, hash-chained and without gaps.",
  tag: "jobs",
  permission: "jobs:read",
  params: JobParams,
  query: Query,
  body: null,
  responses: { 200: { description: "Events, oldest first", schema: Events, example: { events: [], after: 8 } } },
  problems: [],
  handle: async ({ c, deps, params, query: { after, limit, waitSeconds }, tenant }) => {
    const page = await deps.jobs(tenant, params.jobId).events({ after, limit, waitMs: waitSeconds * 1000 });
    if (!page.ok) return refused(c, page.error);
    const { events } = page.value;
    return c.json({ events, after: events.at(-1)?.seq ?? after });
  },
});
