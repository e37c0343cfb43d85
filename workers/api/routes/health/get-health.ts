import { z } from "zod";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";

const Health = z.strictObject({ status: z.literal("ok"), version: z.string(), environment: z.string() });

export const getHealth = defineRoute({
  method: "get",
  path: "/health",
  operationId: "getHealth",
  summary: "Whether the API answers",
  description: "Answers without asking any other part of the system.",
  tag: "system",
  permission: null,
  params: Nothing,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The API answers",
      schema: Health,
      example: { status: "ok", version: "0b0a6d1e", environment: "production" },
    },
  },
  problems: [],
  handle: ({ c, deps: { version, environment } }) => c.json({ status: "ok", version, environment }),
});
