import { z } from "zod";
import type { AuditFilter, AuditLogRpc, AuditRow } from "../../../../shared/contracts/audit.ts";
import { chainFile, csvFile } from "../../../../shared/core/audit/export.ts";
import { problem } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { askLog } from "./ask-log.ts";
import { AuditRowBody, EXAMPLE, Filter } from "./schemas.ts";

const MAX_ROWS = 10_000;
/** Rows per question to the log, so that no answer of it comes near the limit of one. */
const PAGE_ROWS = 500;
const COLUMNS = Object.keys(EXAMPLE);

export const exportAudit = defineRoute({
  method: "get",
  path: "/v1/audit/export",
  operationId: "exportAudit",
  summary: "Export the audit log",
  description:
    "At most 10,000 rows. `json` and `csv` have the rows that fit the filter, newest first. `ndjson` has the chain itself after row `after`, oldest first, without a filter: `aima verify` checks it offline.",
  tag: "audit",
  permission: "audit:export",
  params: Nothing,
  query: z.strictObject({
    format: z.enum(["json", "csv", "ndjson"]).default("json"),
    ...Filter.shape,
    after: z.coerce.number().int().min(0).optional().describe("`ndjson` only: the row to go on after"),
  }),
  body: null,
  responses: {
    200: {
      description: "The rows, by `format`: JSON, CSV with a header line (RFC 4180), or one JSON value a line",
      contentTypes: ["text/csv", "application/x-ndjson"],
      headers: { "Content-Disposition": "Of CSV and NDJSON: an attachment with a name" },
      schema: z.strictObject({ rows: z.array(AuditRowBody) }),
      example: { rows: [EXAMPLE] },
    },
  },
  problems: ["audit_unavailable"],
  handle: async ({ c, deps, tenant, query: { format, after, ...filter } }) => {
    const log = deps.audit(tenant);
    const filtered = Object.values(filter).some((value) => value !== undefined);
    if (format === "ndjson" ? filtered : after !== undefined) {
      return problem(c, "invalid_request", "`ndjson` takes `after` and no filter, the others take filters only.");
    }
    if (format === "ndjson") {
      const chain = await askLog(c, chainOf(log, after ?? 0));
      if (!chain.ok) return chain.error;
      return file(chainFile(tenant, chain.value.after, chain.value.entries), "application/x-ndjson", "audit.ndjson");
    }
    const rows = await askLog(c, rowsOf(log, filter));
    if (!rows.ok) return rows.error;
    if (format === "json") return c.json({ rows: rows.value });
    return file(csvFile(COLUMNS, rows.value), "text/csv; charset=utf-8; header=present", "audit.csv");
  },
});

async function chainOf(log: AuditLogRpc, after: number) {
  const first = await log.chain({ after, limit: PAGE_ROWS });
  const entries = [...first.entries];
  for (let page = entries; page.length === PAGE_ROWS && entries.length < MAX_ROWS;) {
    page = (await log.chain({ after: entries.at(-1)?.seq ?? 0, limit: PAGE_ROWS })).entries;
    entries.push(...page);
  }
  return { after: first.after, entries };
}

async function rowsOf(log: AuditLogRpc, filter: AuditFilter): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  for (let before: number | null = null; rows.length < MAX_ROWS;) {
    const page = await log.search({ filter, before, limit: PAGE_ROWS });
    rows.push(...page.rows);
    before = page.next;
    if (before === null) break;
  }
  return rows;
}

const file = (text: string, contentType: string, name: string): Response =>
  new Response(text, {
    headers: { "content-type": contentType, "content-disposition": `attachment; filename="${name}"` },
  });
