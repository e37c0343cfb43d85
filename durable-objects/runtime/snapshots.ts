/**
 * The one row of an object: its state as of its newest event, so that waking costs one row, and what changes with it.
 *
 * S1 A snapshot of another shape (`stateVersion`) is never read: the state is made anew from the journal.
 * S2 `aside` is what no event tells (which reports were heard, and when): it is kept in the same row, and outlives a
 *    snapshot that is made anew.
 */
import { assertFitsRow } from "./limits.ts";

export type Snapshot = { readonly seq: number; readonly version: number; readonly state: string };

export class Snapshots {
  readonly #sql: SqlStorage;

  readonly #isNew: boolean;

  /** `isNew`: there is no table yet, and nothing to read. */
  constructor(sql: SqlStorage, isNew: boolean) {
    this.#sql = sql;
    this.#isNew = isNew;
  }

  /** Null before the first event. */
  read(): Snapshot | null {
    if (this.#isNew) return null;
    const rows = this.#sql.exec<Snapshot>("SELECT seq, version, state FROM snapshot WHERE id = 1 AND seq > 0");
    return rows.toArray()[0] ?? null;
  }

  /** Null when nothing was ever put aside. */
  readAside(): unknown {
    if (this.#isNew) return null;
    const row = this.#sql.exec<{ aside: string | null }>("SELECT aside FROM snapshot WHERE id = 1").toArray()[0];
    return row?.aside == null ? null : (JSON.parse(row.aside) as unknown);
  }

  write(snapshot: Snapshot, aside: unknown, timers: string): void {
    assertFitsRow(snapshot.state, "The state");
    this.#sql.exec(
      "UPDATE snapshot SET seq = ?, version = ?, state = ?, aside = ?, timers = ? WHERE id = 1",
      snapshot.seq,
      snapshot.version,
      snapshot.state,
      aside === null ? null : JSON.stringify(aside),
      timers,
    );
  }

  /** What is aside changed without an event. Nothing happens before the first event. */
  writeAside(aside: unknown): void {
    this.#sql.exec("UPDATE snapshot SET aside = ? WHERE id = 1", JSON.stringify(aside));
  }
}
