import { z } from "zod";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";

/** Not `tenant`: who manages a tenant does not lift the limit of all of it. */
const Subject = z.string().regex(/^(user:usr|key:key)_[0-9A-HJKMNP-TV-Z]{26}$/);

export const resetRateLimits = defineRoute({
  method: "delete",
  path: "/v1/rate-limits/{subject}",
  operationId: "resetRateLimits",
  summary: "Forget what is counted on a user or key",
  description:
    "The whole quota of the subject is there again, and a pause is over. The limit of the tenant stays as it is. Repeated, it answers the same; a subject on which nothing is counted is no error.",
  tag: "rate limits",
  permission: "limits:manage",
  params: z.strictObject({ subject: Subject.describe("`user:` or `key:` and the id") }),
  query: Nothing,
  body: null,
  responses: { 204: { description: "Forgotten" } },
  problems: [],
  handle: async ({ c, deps, params, tenant }) => {
    await deps.limits.ofTenant(tenant).reset(params.subject);
    return c.body(null, 204);
  },
});
