/** The report window of the current attempt, durable: how far it has come and what waits for a gap to close. */
import { Report } from "../../shared/contracts/agent.ts";
import type { SchemaStep } from "../runtime/schema.ts";
import type { Admission, Window } from "./core/report-window.ts";

export const REPORT_SCHEMA: readonly SchemaStep[] = [
  [
    "CREATE TABLE report_window (attempt INTEGER PRIMARY KEY, applied INTEGER NOT NULL)",
    "CREATE TABLE held_reports (attempt INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (attempt, seq)) WITHOUT ROWID",
  ],
];

export class ReportStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  window(attempt: number): Window {
    const applied =
      this.#sql.exec<{ applied: number }>("SELECT applied FROM report_window WHERE attempt = ?", attempt).toArray()[0]
        ?.applied ?? 0;
    const held = this.#sql
      .exec<{ seq: number; body: string }>("SELECT seq, body FROM held_reports WHERE attempt = ?", attempt)
      .toArray()
      .map((row): [number, Report] => [row.seq, Report.parse(JSON.parse(row.body))]);
    return { applied, held: new Map(held) };
  }

  /** Within the transaction of the events that the applied reports make. */
  write(attempt: number, admission: Admission): void {
    this.#sql.exec("DELETE FROM held_reports WHERE attempt < ?", attempt);
    for (const seq of admission.release)
      this.#sql.exec("DELETE FROM held_reports WHERE attempt = ? AND seq = ?", attempt, seq);
    for (const report of admission.hold) {
      this.#sql.exec(
        "INSERT OR REPLACE INTO held_reports (attempt, seq, body) VALUES (?, ?, ?)",
        attempt,
        report.seq,
        JSON.stringify(report),
      );
    }
    if (admission.apply.length > 0) {
      this.#sql.exec(
        "INSERT OR REPLACE INTO report_window (attempt, applied) VALUES (?, ?)",
        attempt,
        admission.applied,
      );
    }
  }
}
