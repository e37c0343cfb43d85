/** The reports of the current attempt that wait for a gap to close. */
import { Report } from "../../shared/contracts/agent.ts";
import type { SchemaStep } from "../runtime/schema.ts";
import type { Heard } from "./core/deadlines.ts";
import type { Admission } from "./core/report-window.ts";

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

  /** What an attempt that release 0.1.0 began has heard: that release kept it in a table of its own. */
  heardBefore(attempt: number, startedAtMs: number): Heard | null {
    const row = this.#sql
      .exec<{ applied: number }>("SELECT applied FROM report_window WHERE attempt = ?", attempt)
      .toArray()[0];
    if (row === undefined) return null;
    const held = [...this.held(attempt).keys()];
    const gapSinceMs = held.length > 0 ? startedAtMs : null;
    return { attempt, applied: row.applied, held, lastHeardAtMs: startedAtMs, gapSinceMs };
  }

  held(attempt: number): Map<number, Report> {
    const rows = this.#sql
      .exec<{ seq: number; body: string }>("SELECT seq, body FROM held_reports WHERE attempt = ?", attempt)
      .toArray();
    return new Map(rows.map((row): [number, Report] => [row.seq, Report.parse(JSON.parse(row.body))]));
  }

  /** Within the transaction of the events that the applied reports make. */
  write(attempt: number, admission: Admission): void {
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
  }

  /** Those of attempts that are over: nobody will ask for them. */
  forgetBefore(attempt: number): void {
    this.#sql.exec("DELETE FROM held_reports WHERE attempt < ?", attempt);
  }
}
