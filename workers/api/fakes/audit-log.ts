import { createHash } from "node:crypto";
import type { JournalEvent } from "../../../shared/contracts/asset.ts";
import type { AuditEnding, AuditFilter, AuditIntent, AuditLogRpc, AuditRow } from "../../../shared/contracts/audit.ts";
import { severityOf } from "../../../shared/core/audit/catalogue.ts";
import { redact } from "../../../shared/core/audit/redact.ts";
import { canonicalJson } from "../../../shared/core/canonical-json.ts";

const GENESIS = "0".repeat(64);

/** An audit log in memory; `steps` tells what was asked of it, in order. */
export class FakeAuditLog implements AuditLogRpc {
  readonly steps: string[] = [];
  readonly pending = new Map<string, AuditIntent>();
  readonly entries: JournalEvent[] = [];
  readonly #tenant: string;

  constructor(tenant: string) {
    this.#tenant = tenant;
  }

  async begin(id: string, intent: AuditIntent): Promise<void> {
    this.steps.push("begin");
    this.pending.set(id, intent);
  }

  async end(id: string, ending: AuditEnding): Promise<void> {
    const intent = this.pending.get(id);
    if (intent === undefined || !this.pending.delete(id)) return;
    this.steps.push("end");
    this.#write(intent, ending);
  }

  async append(rows: readonly { readonly intent: AuditIntent; readonly ending: AuditEnding }[]): Promise<void> {
    for (const { intent, ending } of rows) this.#write(intent, ending);
  }

  async search({ filter, before, limit }: { filter: AuditFilter; before: number | null; limit: number }) {
    const fits = (row: AuditRow): boolean =>
      (filter.actor === undefined || row.actor.id === filter.actor) &&
      (filter.action === undefined || row.action === filter.action) &&
      (filter.outcome === undefined || row.outcome === filter.outcome) &&
      (before === null || row.seq < before);
    const found = this.entries.map(toRow).toReversed().filter(fits);
    return { rows: found.slice(0, limit), next: found.length > limit ? (found[limit - 1]?.seq ?? null) : null };
  }

  async row(seq: number): Promise<AuditRow | null> {
    const entry = this.entries[seq - 1];
    return entry === undefined ? null : toRow(entry);
  }

  async chain({ after, limit }: { after: number; limit: number }) {
    const hash = this.entries[after - 1]?.hash ?? GENESIS;
    return { after: { seq: after, hash }, entries: this.entries.slice(after, after + limit) };
  }

  async stats() {
    return { total: this.entries.length, buckets: [], topActors: [], topAddresses: [] };
  }

  #write(begun: AuditIntent, { event, before, after, ...ending }: AuditEnding): void {
    const { event: _, ...intent } = begun;
    const at = "2026-01-02T03:04:05.000Z";
    const told = { ...ending, before: redact(before), after: redact(after), amends: null, begunAt: at };
    const said = { ...intent, ...told, resource: ending.resource ?? null, severity: severityOf(event, ending.outcome) };
    // SAFETY: JSON, through and through.
    const data = said as unknown as JournalEvent["data"];
    const seq = this.entries.length + 1;
    const prevHash = this.entries.at(-1)?.hash ?? GENESIS;
    const entry = { seq, id: `aud_${this.#tenant}_${seq}`, type: event, version: 1, at, data, prevHash };
    this.entries.push({ ...entry, hash: createHash("sha256").update(canonicalJson(entry)).digest("hex") });
  }
}

function toRow({ seq, id, type, at, data, prevHash, hash }: JournalEvent): AuditRow {
  const { tenant: _, ...told } = data;
  // SAFETY: written above.
  return { seq, id, event: type, at, ...told, prevHash, hash } as unknown as AuditRow;
}
