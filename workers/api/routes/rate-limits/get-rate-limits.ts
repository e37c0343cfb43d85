import { z } from "zod";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";

const LimitState = z.strictObject({
  rule: z.string(),
  subject: z.string().describe("Whose account it is: `tenant`, `user:…` or `key:…`"),
  limit: z.int().describe("Requests per window"),
  windowMs: z.int(),
  remaining: z.int().min(0).describe("Requests that would pass now"),
  resetMs: z.int().min(0).describe("Until the whole quota is there again, if nothing is asked"),
  retryAfterMs: z.int().min(0).describe("Until the next request would pass; 0 when it does now"),
  penalised: z.boolean().describe("Whether requests beyond the limit have led to a pause"),
});

export const getRateLimits = defineRoute({
  method: "get",
  path: "/v1/rate-limits",
  operationId: "getRateLimits",
  summary: "Read the limits of the caller",
  description:
    "What each limit that counts the caller's requests says now. Every answer of the API says the same of the limits that counted it, in `RateLimit-Policy` and `RateLimit`. Requests of a hot key that are still leased to an edge (at most 1 % of a limit) count as used.",
  tag: "rate limits",
  permission: "limits:read",
  params: Nothing,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The limits",
      schema: z.strictObject({ limits: z.array(LimitState) }),
      example: {
        limits: [
          {
            rule: "key",
            subject: "key:key_01KA00000000000000000000K1",
            limit: 1200,
            windowMs: 60000,
            remaining: 187,
            resetMs: 650,
            retryAfterMs: 0,
            penalised: false,
          },
        ],
      },
    },
  },
  problems: [],
  handle: async ({ c, deps }) => {
    const { principal } = c.var;
    if (principal === null) return problem(c, "unauthorized", "The request carries no valid credentials.");
    return c.json({ limits: await deps.limits.state(principal) });
  },
});
