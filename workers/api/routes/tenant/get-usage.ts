import { z } from "zod";
import { defineRoute } from "../../route.ts";
import { limitUpTo, Nothing } from "../../schemas.ts";

const Day = z.strictObject({
  day: z.iso.date().describe("In UTC: the day on which the jobs ended"),
  jobs: z.int().min(0),
  computeMs: z.int().min(0).describe("Milliseconds of compute, all attempts together"),
});

export const getUsage = defineRoute({
  method: "get",
  path: "/v1/tenant/usage",
  operationId: "getUsage",
  summary: "Read what the tenant has used",
  description: "Jobs and compute by day, newest first. A day without jobs is left out.",
  tag: "tenant",
  permission: "usage:read",
  params: Nothing,
  query: z.strictObject({ limit: limitUpTo(400, 31) }),
  body: null,
  responses: {
    200: {
      description: "The days",
      schema: z.strictObject({ days: z.array(Day) }),
      example: { days: [{ day: "2026-11-25", jobs: 3, computeMs: 41500 }] },
    },
  },
  problems: [],
  handle: async ({ c, deps, tenant, query }) => {
    const days = await deps.tenants(tenant).usage();
    return c.json({ days: days.slice(0, query.limit) });
  },
});
