/** The audit log of a tenant: what its rows say, and what may be asked of the object that keeps them. */
import { z } from "zod";
import { AUDIT_EVENTS, OUTCOMES, SEVERITIES } from "../core/audit/catalogue.ts";
import type { ChainPlace } from "../core/audit/export.ts";
import type { JournalEvent } from "./asset.ts";

export const AuditActor = z.strictObject({
  kind: z.enum(["user", "api-key", "anonymous", "system"]),
  id: z.string().nullable().describe("Null for who is not known"),
});

/** What was about to be done, durable before it is done. */
export const AuditIntent = z.strictObject({
  tenant: z.string(),
  event: z.enum(AUDIT_EVENTS),
  actor: AuditActor,
  action: z.string().describe("The operation of the API"),
  resource: z.strictObject({ type: z.string(), id: z.string() }).nullable(),
  requestId: z.string(),
  method: z.string(),
  route: z.string().describe("The pattern of the path"),
  address: z.string(),
  userAgent: z.string().nullable(),
});
export type AuditIntent = z.infer<typeof AuditIntent>;

/** How it ended. What the intent could not know yet replaces what it said. */
export type AuditEnding = Pick<AuditIntent, "event"> &
  Partial<Pick<AuditIntent, "resource">> & {
    readonly outcome: (typeof OUTCOMES)[number];
    /** The code of the problem that was answered. */
    readonly reason: string | null;
    readonly status: number | null;
    readonly before: unknown;
    readonly after: unknown;
  };

export const AuditRow = z.strictObject({
  seq: z.int().min(1),
  id: z.string(),
  at: z.iso.datetime(),
  begunAt: z.iso.datetime().describe("When it was about to be done"),
  ...AuditIntent.omit({ tenant: true }).shape,
  outcome: z.enum(OUTCOMES),
  severity: z.enum(SEVERITIES),
  reason: z.string().nullable().describe("The code of a refusal"),
  status: z.int().nullable().describe("Of the answer; null when there was none"),
  before: z.json(),
  after: z.json(),
  amends: z.int().nullable().describe("The row with outcome `unknown` whose outcome this one tells"),
  prevHash: z.string(),
  hash: z.string(),
});
export type AuditRow = z.infer<typeof AuditRow>;

export const AuditFilter = z.strictObject({
  event: z.enum(AUDIT_EVENTS).optional(),
  actor: z.string().min(1).max(100).optional().describe("Id of a user or an API key"),
  action: z.string().min(1).max(100).optional().describe("An operation, such as `createAsset`"),
  resource: z.string().min(1).max(200).optional().describe("Id of what was changed"),
  outcome: z.enum(OUTCOMES).optional(),
  address: z.string().min(1).max(64).optional(),
  from: z.iso.datetime().optional().describe("Not before"),
  to: z.iso.datetime().optional().describe("Before"),
});
export type AuditFilter = z.infer<typeof AuditFilter>;

export const AuditStats = z.strictObject({
  total: z.int(),
  buckets: z.array(z.strictObject({ start: z.iso.datetime(), rows: z.int(), refused: z.int() })),
  topActors: z.array(z.strictObject({ id: z.string(), rows: z.int() })),
  topAddresses: z.array(z.strictObject({ address: z.string(), rows: z.int() })),
});
export type AuditStats = z.infer<typeof AuditStats>;

export interface AuditLogRpc {
  /** The intent is durable when this returns. Repeating it with the same id postpones its end by itself. */
  begin(id: string, intent: AuditIntent): Promise<void>;
  /** One row for the intent. Unknown and ended ids change nothing. */
  end(id: string, ending: AuditEnding): Promise<void>;
  /** Rows of what needs no intent, because nothing was done. */
  append(rows: readonly { readonly intent: AuditIntent; readonly ending: AuditEnding }[]): Promise<void>;
  /**
   * Newest first, before a number. `next` is the number to go on before, null at the end; a page that looked at as many
   * rows as it may is short and has a next one.
   */
  search(page: {
    filter: AuditFilter;
    before: number | null;
    limit: number;
  }): Promise<{ readonly rows: AuditRow[]; readonly next: number | null }>;
  row(seq: number): Promise<AuditRow | null>;
  /** A piece of the chain after a number, oldest first, and the place that it follows. */
  chain(page: { after: number; limit: number }): Promise<{ after: ChainPlace; entries: JournalEvent[] }>;
  /** Rows from `from` on and before `to`, both milliseconds, in buckets of `bucketMs`. */
  stats(span: { from: number; to: number; bucketMs: number }): Promise<AuditStats>;
}
