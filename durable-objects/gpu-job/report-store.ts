/**
 * The reports of the current attempt that wait for a gap to close. Two that have changed places are the common case: a
 * few small ones are kept beside the state, which is written anyway; only more than that makes a table.
 */
import { Report } from "../../shared/contracts/agent.ts";
import type { ActorSchema } from "../runtime/schema.ts";
import type { Heard } from "./core/deadlines.ts";
import type { Admission } from "./core/report-window.ts";

const HELD_REPORTS =
  "held_reports (attempt INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (attempt, seq)) WITHOUT ROWID";

/** Kept beside the state: so many, of so many characters as JSON. The row may have 2 MB; a commit writes all of it. */
const ASIDE_REPORTS = 8;
const ASIDE_CHARACTERS = 2_048;

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

const NONE: ReadonlyMap<number, Report> = new Map();

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
    const held = [...this.#fromTable(attempt).keys()];
    const gapSinceMs = held.length > 0 ? startedAtMs : null;
    return { attempt, applied: row.applied, held, heldReports: [], lastHeardAtMs: startedAtMs, gapSinceMs };
  }

  held({ attempt, held, heldReports }: Heard): ReadonlyMap<number, Report> {
    if (held.length === 0) return NONE;
    const aside = heldReports.map((report): [number, Report] => [report.seq, report]);
    return new Map(held.length > aside.length ? [...this.#fromTable(attempt), ...aside] : aside);
  }

  /** What is kept beside the state after the admission. */
  aside(before: Heard, admission: Admission): readonly Report[] {
    if (before.heldReports.length === 0 && admission.hold.length === 0) return before.heldReports;
    const staying = before.heldReports.filter(({ seq }) => !admission.release.includes(seq));
    const small = admission.hold.filter((report) => JSON.stringify(report).length <= ASIDE_CHARACTERS);
    return [...staying, ...small].slice(0, Math.max(staying.length, ASIDE_REPORTS));
  }

  /** Within the transaction of the events that the applied reports make. `aside` are those that need no row. */
  write(before: Heard, admission: Admission, aside: readonly Report[]): void {
    const { attempt } = before;
    const had = before.heldReports.map(({ seq }) => seq);
    for (const seq of admission.release.filter((each) => !had.includes(each)))
      this.#sql.exec("DELETE FROM held_reports WHERE attempt = ? AND seq = ?", attempt, seq);
    const rows = admission.hold.filter((report) => !aside.includes(report));
    if (rows.length > 0) this.#sql.exec(`CREATE TABLE IF NOT EXISTS ${HELD_REPORTS}`);
    for (const report of rows) {
      this.#sql.exec(
        "INSERT OR REPLACE INTO held_reports (attempt, seq, body) VALUES (?, ?, ?)",
        attempt,
        report.seq,
        JSON.stringify(report),
      );
    }
  }

  #fromTable(attempt: number): Map<number, Report> {
    const rows = this.#sql
      .exec<{ seq: number; body: string }>("SELECT seq, body FROM held_reports WHERE attempt = ?", attempt)
      .toArray();
    return new Map(rows.map((row): [number, Report] => [row.seq, Report.parse(JSON.parse(row.body))]));
  }

  /** Those of an attempt that is over: nobody will ask for them. */
  forget({ attempt, held, heldReports }: Heard): void {
    if (held.length > heldReports.length) this.#sql.exec("DELETE FROM held_reports WHERE attempt = ?", attempt);
  }
}
