import { z } from "zod";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { askLog } from "./ask-log.ts";
import { AuditStatsBody } from "./schemas.ts";

const BUCKET_MS = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 } as const;
const MAX_BUCKETS = 1_000;

export const getAuditStats = defineRoute({
  method: "get",
  path: "/v1/audit/stats",
  operationId: "getAuditStats",
  summary: "Count the audit log",
  description:
    "Rows by hour, day or week (UTC), and the ten busiest actors and addresses. Without bounds: the last 24 hours.",
  tag: "audit",
  permission: "audit:read",
  params: Nothing,
  query: z.strictObject({
    by: z.enum(["hour", "day", "week"]).default("hour"),
    from: z.iso.datetime().optional().describe("Not before"),
    to: z.iso.datetime().optional().describe("Before"),
  }),
  body: null,
  responses: {
    200: {
      description: "The counts",
      schema: AuditStatsBody,
      example: {
        total: 3,
        buckets: [{ start: "2026-11-25T09:00:00.000Z", rows: 3, refused: 1 }],
        topActors: [{ id: "key_01M85NKE4DP0RP9DAQ2HN40J9C", rows: 3 }],
        topAddresses: [{ address: "192.0.2.1", rows: 3 }],
      },
    },
  },
  problems: ["audit_unavailable"],
  handle: async ({ c, deps, tenant, query }) => {
    const to = query.to === undefined ? deps.now() + 1 : Date.parse(query.to);
    const from = query.from === undefined ? to - BUCKET_MS.day : Date.parse(query.from);
    const bucketMs = BUCKET_MS[query.by];
    if (from >= to || (to - from) / bucketMs > MAX_BUCKETS) {
      return problem(
        c,
        "invalid_request",
        `\`from\` lies before \`to\`, by at most ${MAX_BUCKETS} of what is counted by.`,
      );
    }
    const counted = await askLog(c, deps.audit(tenant).stats({ from, to, bucketMs }));
    return counted.ok ? c.json(counted.value) : counted.error;
  },
});
