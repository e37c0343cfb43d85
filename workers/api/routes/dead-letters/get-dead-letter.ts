import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { DeadLetterBody, DeadLetterParams, EXAMPLE } from "./schemas.ts";

export const getDeadLetter = defineRoute({
  method: "get",
  path: "/v1/dead-letters/{deadLetterId}",
  operationId: "getDeadLetter",
  summary: "Read a dead letter",
  description: "The message, how often it was tried and what the last try failed with.",
  tag: "dead letters",
  permission: "dead-letters:manage",
  params: DeadLetterParams,
  query: Nothing,
  body: null,
  responses: { 200: { description: "The dead letter", schema: DeadLetterBody, example: EXAMPLE } },
  problems: [],
  handle: async ({ c, deps, params, tenant }) => {
    const letter = await deps.deadLetters(tenant).deadLetter(params.deadLetterId);
    return letter.ok ? c.json(letter.value) : refused(c, letter.error);
  },
});
