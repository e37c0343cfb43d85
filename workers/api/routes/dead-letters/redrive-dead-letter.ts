import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { DeadLetterBody, DeadLetterParams, EXAMPLE } from "./schemas.ts";

export const redriveDeadLetter = defineRoute({
  method: "post",
  path: "/v1/dead-letters/{deadLetterId}/redrive",
  operationId: "redriveDeadLetter",
  summary: "Send a dead letter again",
  description:
    "Sends the message to its queue again. Repeated, it answers the same and sends nothing; a message that fails once more is open again. The order of an asset's events is kept: a message only says that there is news. Repeated under the same `Idempotency-Key`, it sends nothing, also when the message has failed again since, and answers with the dead letter as it is by then: what a purge forgets is kept nowhere else.",
  tag: "dead letters",
  permission: "dead-letters:manage",
  params: DeadLetterParams,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The message is in its queue",
      schema: DeadLetterBody,
      example: { ...EXAMPLE, status: "redriven" },
      headers: REPLAYED_HEADER,
    },
  },
  problems: ["dead_letter_purged", "queue_unavailable"],
  handle: async ({ c, deps, params, tenant, once }) => {
    const letter = await deps.deadLetters(tenant).redrive(params.deadLetterId, once);
    markReplayed(c, letter);
    return letter.ok ? c.json(letter.value) : refused(c, letter.error);
  },
});
