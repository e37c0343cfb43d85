/**
 * The audit log of one tenant, addressed by the tenant's id.
 *
 * L1 Rows are entries of a hash-chained journal: none can be changed, dropped or put in between without its showing.
 * L2 An intent is durable before what it tells of is done. It ends as one row; one that nobody ends within 60 s ends as
 *    a row with outcome `unknown`, and if its end comes after that, a further row amends it.
 * L3 No row has a secret in it: details are redacted here, whoever sends them.
 * L4 The log of a deleted tenant goes, with its files, when the retention of its newest row is over.
 * L5 A log that nothing was written to has no tables: asking for one leaves no trace.
 */
import { DurableObject } from "cloudflare:workers";
import type { JournalEvent } from "../../shared/contracts/asset.ts";
import type { AuditEnding, AuditFilter, AuditIntent, AuditLogRpc, AuditRow } from "../../shared/contracts/audit.ts";
import { severityOf } from "../../shared/core/audit/catalogue.ts";
import type { ChainPlace } from "../../shared/core/audit/export.ts";
import { redact, redactText } from "../../shared/core/audit/redact.ts";
import { RULES } from "../../shared/core/audit/suspicion.ts";
import { newId } from "../../shared/core/ids.ts";
import { GENESIS_HASH, Journal } from "../runtime/journal.ts";
import { applySchema } from "../runtime/schema.ts";
import { placeBefore, readRow, readStats, searchRows } from "./rows.ts";
import { AUDIT_SCHEMA } from "./schema.ts";
import { Segments } from "./segments.ts";
import { forget, type Raised, watch } from "./sightings.ts";

export const PENDING_MS = 60_000;
/** How long the end of an intent that has ended by itself is still taken. */
const AMENDABLE_MS = 86_400_000;
/** The least time between two looks for what is over. */
const EXPIRY_MS = 86_400_000;
const FAULT_RETRY_MS = 60_000;

const UNKNOWN = { outcome: "unknown", reason: null, status: null, before: null, after: null } as const;

export class AuditLog extends DurableObject<Env> implements AuditLogRpc {
  #journal: Journal | null = null;
  #armedAt: number | null = null;
  #expiredAt = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    if (ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'pending'").toArray().length > 0) this.#open();
  }

  async begin(id: string, intent: AuditIntent): Promise<void> {
    this.#open();
    const now = Date.now();
    this.#sql.exec(
      "INSERT INTO pending (id, intent, begun_at, due_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET due_at = ?4 WHERE unknown_seq IS NULL",
      id,
      JSON.stringify(intent),
      now,
      now + PENDING_MS,
    );
    await this.#arm(now + PENDING_MS);
  }

  async end(id: string, ending: AuditEnding): Promise<void> {
    if (this.#journal === null) return;
    const now = Date.now();
    this.#transaction((journal) => {
      const row = this.#sql
        .exec<{ intent: string; begun_at: number; unknown_seq: number | null }>(
          "DELETE FROM pending WHERE id = ? RETURNING intent, begun_at, unknown_seq",
          id,
        )
        .toArray()[0];
      if (row === undefined) return;
      // SAFETY: written by begin.
      const intent = JSON.parse(row.intent) as AuditIntent;
      this.#write(journal, intent, ending, { at: now, begunAt: row.begun_at, amends: row.unknown_seq });
    });
    await this.#arm(now + PENDING_MS);
  }

  async append(rows: readonly { readonly intent: AuditIntent; readonly ending: AuditEnding }[]): Promise<void> {
    if (rows.length === 0) return;
    this.#open();
    const now = Date.now();
    this.#transaction((journal) => {
      for (const { intent, ending } of rows) {
        this.#write(journal, intent, ending, { at: now, begunAt: now, amends: null });
      }
    });
    await this.#arm(now + PENDING_MS);
  }

  async search({ filter, before, limit }: { filter: AuditFilter; before: number | null; limit: number }) {
    return this.#journal === null ? { rows: [], next: null } : searchRows(this.#sql, filter, before, limit);
  }

  async row(seq: number): Promise<AuditRow | null> {
    return this.#journal === null ? null : readRow(this.#sql, seq);
  }

  async chain({ after, limit }: { after: number; limit: number }): Promise<{
    after: ChainPlace;
    entries: JournalEvent[];
  }> {
    if (this.#journal === null) return { after: { seq: 0, hash: GENESIS_HASH }, entries: [] };
    const entries = this.#journal.read(after, limit);
    // The place alone: a whole entry in its stead is no header of a piece.
    const { seq, hash } = this.#journal.read(this.#journal.seq - 1, 1)[0] ?? { seq: 0, hash: GENESIS_HASH };
    return { after: placeBefore(entries, { seq, hash }), entries };
  }

  async stats({ from, to, bucketMs }: { from: number; to: number; bucketMs: number }) {
    if (this.#journal === null) return { total: 0, buckets: [], topActors: [], topAddresses: [] };
    return readStats(this.#sql, from, to, bucketMs);
  }

  /** The tenant is deleted (L4). */
  async retire(): Promise<void> {
    if (this.#journal === null) return;
    this.#sql.exec("INSERT OR IGNORE INTO retirement (id, at) VALUES (1, ?)", Date.now());
    await this.#arm(Date.now() + PENDING_MS);
  }

  /** Ends intents that nobody ended, writes files, removes what is over. Never throws: the platform would give up. */
  override async alarm(): Promise<void> {
    this.#armedAt = null;
    const now = Date.now();
    await this.#arm(now + FAULT_RETRY_MS);
    try {
      this.#endUnknown(now);
      const segments = this.#segments();
      await segments?.flush(now);
      if (now - this.#expiredAt >= EXPIRY_MS) {
        forget(this.#sql, now);
        const beforeMs = now - Number(this.env.AUDIT_RETENTION_DAYS) * 86_400_000;
        await segments?.expire(beforeMs);
        if (this.#isOver(beforeMs)) {
          this.#journal = null;
          this.#armedAt = null;
          await this.ctx.storage.deleteAll();
          return;
        }
        this.#expiredAt = now;
      }
      const next = this.#nextAt(now);
      this.#armedAt = null;
      await (next === null ? this.ctx.storage.deleteAlarm() : this.#arm(Math.max(next, now + 1_000)));
    } catch (error) {
      // eslint-disable-next-line no-console -- the platform's log is the console
      console.error(
        JSON.stringify({ event: "audit_alarm_failed", error: error instanceof Error ? error.message : String(error) }),
      );
    }
  }

  /** L4. Rows of the time after the deletion count too: whatever is noted late is kept its time. */
  #isOver(beforeMs: number): boolean {
    if (this.#journal === null || this.#sql.exec("SELECT 1 FROM retirement").toArray().length === 0) return false;
    if (this.#sql.exec("SELECT 1 FROM pending").toArray().length > 0) return false;
    const newest = this.#sql.exec<{ at: number }>("SELECT at FROM journal ORDER BY seq DESC LIMIT 1").toArray()[0];
    return newest === undefined || newest.at < beforeMs;
  }

  get #sql(): SqlStorage {
    return this.ctx.storage.sql;
  }

  #open(): Journal {
    if (this.#journal !== null) return this.#journal;
    applySchema(this.ctx.storage, AUDIT_SCHEMA);
    this.#journal = new Journal(this.#sql);
    return this.#journal;
  }

  #segments(): Segments | null {
    return this.#journal === null ? null : new Segments(this.#sql, this.#journal, this.env.MEDIA);
  }

  #transaction(write: (journal: Journal) => void): void {
    const journal = this.#open();
    try {
      this.ctx.storage.transactionSync(() => write(journal));
    } catch (error) {
      journal.restore();
      throw error;
    }
  }

  #endUnknown(now: number): void {
    this.#transaction((journal) => {
      const due = this.#sql
        .exec<{ id: string; intent: string; begun_at: number }>(
          "SELECT id, intent, begun_at FROM pending WHERE unknown_seq IS NULL AND due_at <= ? ORDER BY begun_at, id",
          now,
        )
        .toArray();
      for (const { id, intent: text, begun_at: begunAt } of due) {
        // SAFETY: written by begin.
        const intent = JSON.parse(text) as AuditIntent;
        const when = { at: now, begunAt, amends: null };
        const seq = this.#write(journal, intent, { ...UNKNOWN, event: intent.event }, when);
        this.#sql.exec("UPDATE pending SET unknown_seq = ? WHERE id = ?", seq, id);
      }
      this.#sql.exec("DELETE FROM pending WHERE unknown_seq IS NOT NULL AND due_at <= ?", now - AMENDABLE_MS);
    });
  }

  /** Writes the row of an intent, and those that it raises; answers the number of the first. */
  #write(
    journal: Journal,
    intent: AuditIntent,
    ending: AuditEnding,
    when: { at: number; begunAt: number; amends: number | null },
  ): number {
    this.#row(journal, intent, ending, when);
    const { seq } = journal;
    const { event, outcome } = ending;
    for (const raised of watch(this.#sql, { ...intent, event, outcome }, when.at)) this.#raise(journal, intent, raised);
    return seq;
  }

  #raise(journal: Journal, intent: AuditIntent, { rule, subject }: Raised): void {
    const { threshold, windowMs, severity } = RULES[rule];
    const now = Date.now();
    const event = "security.suspicious_activity";
    const suspect: AuditIntent = {
      ...intent,
      event,
      actor: { kind: "system", id: null },
      action: "raiseSuspicion",
      resource: { type: "suspect", id: subject },
    };
    const after = { rule, subject, threshold, windowMs, actor: intent.actor };
    const ending: AuditEnding = { event, outcome: "success", reason: rule, status: null, before: null, after };
    this.#row(journal, suspect, ending, { at: now, begunAt: now, amends: null }, severity);
  }

  #row(
    journal: Journal,
    intent: AuditIntent,
    ending: AuditEnding,
    { at, begunAt, amends }: { at: number; begunAt: number; amends: number | null },
    severity: AuditRow["severity"] = severityOf(ending.event, ending.outcome),
  ): void {
    const { event, before, after, ...told } = ending;
    const { event: _, ...said } = intent;
    const data = {
      ...said,
      address: redactText(intent.address, 64),
      userAgent: intent.userAgent === null ? null : redactText(intent.userAgent, 256),
      ...told,
      resource: told.resource === undefined ? said.resource : told.resource,
      before: redact(before),
      after: redact(after),
      begunAt: new Date(begunAt).toISOString(),
      severity,
      amends,
    };
    journal.append([{ type: event, version: 1, data }], at, () =>
      newId("aud", at, crypto.getRandomValues(new Uint8Array(16))),
    );
  }

  #nextAt(now: number): number | null {
    const pending = this.#sql
      .exec<{ at: number | null }>("SELECT MIN(due_at) AS at FROM pending WHERE unknown_seq IS NULL")
      .one().at;
    const unflushed = this.#segments()?.dueAt() ?? null;
    const times = [pending, unflushed, this.#journal?.seq === 0 ? null : now + EXPIRY_MS];
    return times.reduce((min, at) => (at !== null && (min === null || at < min) ? at : min), null);
  }

  /** One alarm for all; it is written only when it has to be earlier. */
  async #arm(atMs: number): Promise<void> {
    this.#armedAt ??= await this.ctx.storage.getAlarm();
    if (this.#armedAt !== null && this.#armedAt <= atMs) return;
    this.#armedAt = atMs;
    await this.ctx.storage.setAlarm(atMs);
  }
}
