/** The findings of an asset: rows beside the journal, which vouches for them by their digest. */
import type { Insight, NewInsight } from "../../shared/contracts/insight.ts";
import { REMOVED_KIND } from "../../shared/core/search/removed-insight.ts";
import type { ActorSchema, SchemaStep } from "../runtime/schema.ts";

const TABLES: SchemaStep = [
  "CREATE TABLE insights (step TEXT NOT NULL, ordinal INTEGER NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (step, ordinal)) WITHOUT ROWID",
  "CREATE INDEX insights_seq ON insights (seq)",
];

export const INSIGHT_SCHEMA: ActorSchema = { steps: [TABLES], baseline: TABLES };

/**
 * The platform's limit for one row is 2 MB; local workerd does not enforce it. A character has up to three bytes of
 * UTF-8 per UTF-16 code unit.
 */
const MAX_ROW_CHARACTERS = 600_000;

/** Derived from step and position: a repeated report makes the same ids. */
const idOf = (step: string, ordinal: number): string => `ins_${step}_${String(ordinal).padStart(5, "0")}`;

const positionOf = (id: string): { step: string; ordinal: number } | null => {
  const match = /^ins_(.+)_(\d{5,})$/.exec(id);
  return match?.[1] === undefined || match[2] === undefined ? null : { step: match[1], ordinal: Number(match[2]) };
};

/** Whether every insight fits into a row; one that does not is refused as a whole, before anything is written. */
export const fitsRows = (insights: readonly NewInsight[]): boolean =>
  insights.every((insight) => JSON.stringify(insight).length < MAX_ROW_CHARACTERS);

export class InsightStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Within the transaction of the step's event. Takes the place of what an earlier run of the step had found. */
  write(step: { readonly id: string; readonly operation: string }, insights: readonly NewInsight[], seq: number): void {
    insights.forEach((insight, ordinal) => {
      const body = JSON.stringify({ id: idOf(step.id, ordinal), step: step.id, operation: step.operation, ...insight });
      this.#put(step.id, ordinal, insight.kind, seq, body);
    });
    this.#remove("step = ? AND ordinal >= ?", [step.id, insights.length], seq);
  }

  /** All findings, within the transaction of the event that takes them back. */
  removeAll(seq: number): void {
    this.#remove("1 = 1", [], seq);
  }

  /** What the step has found, in order. */
  ofStep(step: string): NewInsight[] {
    return this.#sql
      .exec<{ body: string }>(
        "SELECT body FROM insights WHERE step = ? AND kind <> ? ORDER BY ordinal",
        step,
        REMOVED_KIND,
      )
      .toArray()
      .map((row) => {
        const { id: _id, step: _step, operation: _operation, ...insight } = toInsight(row);
        return insight;
      });
  }

  /** In order of recording, then position. */
  read(page: { kind: string | null; after: string | null; limit: number }): { insights: Insight[]; more: boolean } {
    const after = page.after === null ? null : positionOf(page.after);
    const from = after === null ? { seq: 0, ordinal: -1 } : { seq: this.#seqOf(after.step), ordinal: after.ordinal };
    const rows = this.#sql
      .exec<{ body: string }>(
        `SELECT body FROM insights
         WHERE kind <> ?1 AND (?2 IS NULL OR kind = ?2) AND (seq > ?3 OR (seq = ?3 AND ordinal > ?4))
         ORDER BY seq, ordinal LIMIT ?5`,
        REMOVED_KIND,
        page.kind,
        from.seq,
        from.ordinal,
        page.limit + 1,
      )
      .toArray();
    return { insights: rows.slice(0, page.limit).map(toInsight), more: rows.length > page.limit };
  }

  /**
   * Insights recorded after `afterSeq`, those that were removed since as such, in whole events, until about `maxBytes`
   * are together. `upToSeq` is the last event that is complete in the answer; null when nothing was left out.
   */
  since(afterSeq: number, maxBytes: number): { insights: Insight[]; upToSeq: number | null } {
    const insights: Insight[] = [];
    let bytes = 0;
    let last = afterSeq;
    for (const row of this.#sql.exec<{ seq: number; body: string }>(
      "SELECT seq, body FROM insights WHERE seq > ? ORDER BY seq, ordinal",
      afterSeq,
    )) {
      if (bytes > maxBytes && row.seq !== last) return { insights, upToSeq: last };
      insights.push(toInsight(row));
      bytes += row.body.length;
      last = row.seq;
    }
    return { insights, upToSeq: null };
  }

  clear(): void {
    this.#sql.exec("DELETE FROM insights");
  }

  #put(step: string, ordinal: number, kind: string, seq: number, body: string): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO insights (step, ordinal, kind, seq, body) VALUES (?, ?, ?, ?, ?)",
      step,
      ordinal,
      kind,
      seq,
      body,
    );
  }

  /** The rows stay, without their content, so that the index hears of it. */
  #remove(where: string, parameters: readonly (string | number)[], seq: number): void {
    const rows = this.#sql
      .exec<{ step: string; ordinal: number; body: string }>(
        `SELECT step, ordinal, body FROM insights WHERE ${where} AND kind <> '${REMOVED_KIND}'`,
        ...parameters,
      )
      .toArray();
    for (const row of rows) {
      const { id, step, operation, source } = toInsight(row);
      const removed: Insight = {
        id,
        step,
        operation,
        kind: REMOVED_KIND,
        source,
        confidence: null,
        timeRange: null,
        page: null,
        box: null,
        text: null,
        data: {},
        artifact: null,
        embedding: null,
      };
      this.#put(row.step, row.ordinal, REMOVED_KIND, seq, JSON.stringify(removed));
    }
  }

  #seqOf(step: string): number {
    return (
      this.#sql.exec<{ seq: number | null }>("SELECT MAX(seq) AS seq FROM insights WHERE step = ?", step).one().seq ?? 0
    );
  }
}

// SAFETY: written by write from an Insight.
const toInsight = (row: { body: string }): Insight => JSON.parse(row.body) as Insight;
