import { z } from "zod";
import { DeadLetterId, DeadLetterStatus } from "../../../../shared/contracts/dead-letters.ts";
import { readCursor, writeCursor } from "../../cursor.ts";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Cursor, limitUpTo, Nothing } from "../../schemas.ts";
import { DeadLetterBody, EXAMPLE, Queue } from "./schemas.ts";

const Query = z.strictObject({
  queue: Queue.optional(),
  status: DeadLetterStatus.optional(),
  limit: limitUpTo(100, 20),
  cursor: Cursor.optional(),
});
const Page = z.strictObject({
  deadLetters: z.array(DeadLetterBody),
  dropped: z.int().min(0).describe("Letters removed since the beginning because there were too many or too old ones"),
  next: z.string().nullable().describe("Cursor of the next page; null at the end"),
});
const Position = z.strictObject({ firstFailedAt: z.string(), id: DeadLetterId });

export const listDeadLetters = defineRoute({
  method: "get",
  path: "/v1/dead-letters",
  operationId: "listDeadLetters",
  summary: "List dead letters",
  description: "Messages that no consumer could act on, newest first by their first failure.",
  tag: "dead letters",
  permission: "dead-letters:manage",
  params: Nothing,
  query: Query,
  body: null,
  responses: {
    200: {
      description: "A page of dead letters",
      schema: Page,
      example: { deadLetters: [EXAMPLE], dropped: 0, next: null },
    },
  },
  problems: ["invalid_cursor"],
  handle: async ({ c, deps, tenant, query: { queue = null, status = null, limit, cursor } }) => {
    const scope = { list: "dead-letters", tenant, filters: { queue, status } };
    const after = cursor === undefined ? undefined : readCursor(deps.cursorKey, scope, cursor, Position);
    if (after === null) return problem(c, "invalid_cursor", "The cursor is not one of this list.");
    // One more than asked for tells whether there is a next page.
    const found = await deps.deadLetters(tenant).deadLetters({ queue, status, limit: limit + 1, after: after ?? null });
    const deadLetters = found.letters.slice(0, limit);
    const last = found.letters.length > limit ? deadLetters.at(-1) : undefined;
    const position = last === undefined ? null : { firstFailedAt: last.firstFailedAt, id: last.id };
    return c.json({
      deadLetters,
      dropped: found.dropped,
      next: position === null ? null : writeCursor(deps.cursorKey, scope, position),
    });
  },
});
