import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { DeadLetterParams } from "./schemas.ts";

export const purgeDeadLetter = defineRoute({
  method: "delete",
  path: "/v1/dead-letters/{deadLetterId}",
  operationId: "purgeDeadLetter",
  summary: "Throw a dead letter away",
  description: "Forgets the message; that there was one stays in the list as `purged`. Repeating it changes nothing.",
  tag: "dead letters",
  permission: "dead-letters:manage",
  params: DeadLetterParams,
  query: Nothing,
  body: null,
  responses: { 204: { description: "The message is forgotten" } },
  problems: [],
  handle: async ({ c, deps, params, tenant }) => {
    const purged = await deps.deadLetters(tenant).purge(params.deadLetterId);
    return purged.ok ? c.body(null, 204) : refused(c, purged.error);
  },
});
