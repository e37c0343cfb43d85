import { z } from "zod";
import { LimitRule } from "../../../../shared/core/rate-limit/rule.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";

export const listRateLimitRules = defineRoute({
  method: "get",
  path: "/v1/rate-limits/rules",
  operationId: "listRateLimitRules",
  summary: "List the rules",
  description:
    "The rules of this deployment, highest priority first. A request is counted by all that fit it, or by none.",
  tag: "rate limits",
  permission: "limits:read",
  params: Nothing,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The rules",
      schema: z.strictObject({ rules: z.array(LimitRule) }),
      example: {
        rules: [
          {
            name: "user",
            scope: "user",
            algorithm: "token-bucket",
            limit: 100,
            windowMs: 60000,
            burst: 20,
            penalty: null,
            priority: 2,
            enabled: true,
            methods: null,
            routes: null,
            roles: null,
            onFailure: "open",
          },
        ],
      },
    },
  },
  problems: [],
  handle: ({ c, deps }) => c.json({ rules: deps.limits.rules }),
});
