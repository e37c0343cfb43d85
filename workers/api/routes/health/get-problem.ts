import { z } from "zod";
import { ERRORS, type ErrorCode } from "../../../../shared/errors/codes.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";

// SAFETY: the keys of the catalogue.
const Params = z.strictObject({ code: z.enum(Object.keys(ERRORS) as ErrorCode[]) });
const Explanation = z.strictObject({
  code: z.string(),
  status: z.int(),
  title: z.string(),
  retryable: z.boolean().describe("Whether the same request may succeed later"),
  fix: z.string(),
});

export const getProblem = defineRoute({
  method: "get",
  path: "/problems/{code}",
  operationId: "getProblem",
  summary: "What an error code means",
  description: "The page that the `type` of a problem points to.",
  tag: "system",
  permission: null,
  params: Params,
  query: Nothing,
  body: null,
  responses: {
    200: {
      description: "The meaning and what to do about it",
      schema: Explanation,
      example: { code: "not_found", ...ERRORS.not_found },
    },
  },
  problems: [],
  handle: ({ c, params: { code } }) =>
    c.json({ code, ...ERRORS[code] }, 200, { "cache-control": "public, max-age=3600" }),
});
