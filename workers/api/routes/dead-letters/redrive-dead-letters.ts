import { z } from "zod";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { Queue } from "./schemas.ts";

const Body = z.strictObject({
  queue: Queue.optional(),
  limit: z.int().min(1).max(1000).default(100).describe("Send at most this many, oldest first"),
});
const Answer = z.strictObject({
  redriven: z.int().min(0),
  remaining: z.int().min(0).describe("Still open: call again"),
});

export const redriveDeadLetters = defineRoute({
  method: "post",
  path: "/v1/dead-letters/redrive",
  operationId: "redriveDeadLetters",
  summary: "Send open dead letters again",
  description:
    "All open ones, or those of one queue, oldest first and at most `limit` of them. Under an `Idempotency-Key` they are chosen once: after a 503 a repetition sends what is left of them; while the first request is at work it is refused with 409; afterwards it answers what the first answered.",
  tag: "dead letters",
  permission: "dead-letters:manage",
  params: Nothing,
  query: Nothing,
  body: Body,
  bodyOptional: true,
  bodyExample: { queue: "index" },
  responses: {
    200: {
      description: "How many were sent",
      schema: Answer,
      example: { redriven: 3, remaining: 0 },
      headers: REPLAYED_HEADER,
    },
  },
  problems: ["queue_unavailable"],
  handle: async ({ c, deps, body: { queue = null, limit }, tenant, once }) => {
    const sent = await deps.deadLetters(tenant).redriveAll({ queue, limit }, once);
    markReplayed(c, sent);
    return sent.ok ? c.json(sent.value) : refused(c, sent.error);
  },
});
