import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { askLog } from "./ask-log.ts";
import { AuditRowBody, EXAMPLE, RowParams } from "./schemas.ts";

export const getAuditRow = defineRoute({
  method: "get",
  path: "/v1/audit/{seq}",
  operationId: "getAuditRow",
  summary: "Read a row of the audit log",
  description: "One row with its hash, which stands for it and for all rows before it.",
  tag: "audit",
  permission: "audit:read",
  params: RowParams,
  query: Nothing,
  body: null,
  responses: { 200: { description: "The row", schema: AuditRowBody, example: EXAMPLE } },
  problems: ["audit_unavailable"],
  handle: async ({ c, deps, params, tenant }) => {
    const row = await askLog(c, deps.audit(tenant).row(params.seq));
    if (!row.ok) return row.error;
    return row.value === null ? problem(c, "not_found", "There is no such row.") : c.json(row.value);
  },
});
