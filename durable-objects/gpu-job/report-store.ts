/** The reports of the current attempt that wait for a gap to close. */
import { Report } from "../../shared/contracts/agent.ts";
import type { ActorSchema } from "../runtime/schema.ts";
import type { Heard } from "./core/deadlines.ts";
import type { Admission } from "./core/report-window.ts";

const HELD_REPORTS =
  "held_reports (attempt INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (attempt, seq)) WITHOUT ROWID";

export const REPORT_SCHEMA: ActorSchema = {
  steps: [
    [
      "CREATE TABLE report_window (attempt INTEGER PRIMARY KEY, applied INTEGER NOT NULL)",
      `CREATE TABLE ${HELD_REPORTS}`,
    ],
  ],
  // Most jobs hold no report; the window is kept beside the state.
  baseline: [],
};

export class ReportStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** What an attempt that release 0.1.0 began has heard: that release kept it in a table of its own. */
  heardBefore(attempt: number, startedAtMs: number): Heard | null {
    if (this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'report_window'").toArray().length === 0) return null;
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
    if (admission.hold.length > 0) this.#sql.exec(`CREATE TABLE IF NOT EXISTS ${HELD_REPORTS}`);
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
