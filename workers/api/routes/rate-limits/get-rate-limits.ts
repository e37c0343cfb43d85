import { z } from "zod";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { EXAMPLE_LIMIT, LimitState } from "./schemas.ts";

export const getRateLimits = defineRoute({
  method: "get",
  path: "/v1/rate-limits",
  operationId: "getRateLimits",
  summary: "Read the limits of the caller",
  description:
    "What each limit that counts the caller's requests says now. Every answer of the API says the same of the limits that counted it, in `RateLimit-Policy` and `RateLimit`. Limits are those that hold: an operator may have set others than the rules have (`/v1/rate-limits/overrides`). Requests of a hot key that are still leased to an edge (at most 1 % of a limit) count as used.",
  tag: "rate limits",
  permission: "limits:read",
  params: Nothing,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The limits",
      schema: z.strictObject({ limits: z.array(LimitState) }),
      example: { limits: [EXAMPLE_LIMIT] },
    },
  },
  problems: [],
  handle: async ({ c, deps }) => {
    const { principal } = c.var;
    if (principal === null) return problem(c, "unauthorized", "The request carries no valid credentials.");
    return c.json({ limits: await deps.limits.state(principal) });
  },
});
