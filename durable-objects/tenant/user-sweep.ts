/** How far the sweep over all tenants' users has come. The table is made for the first position that is kept. */
import type { UserSweepPosition } from "../../shared/contracts/tenant.ts";

export class UserSweepStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(): UserSweepPosition | null {
    const made = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'user_sweep'").toArray().length > 0;
    if (!made) return null;
    return this.#sql.exec<UserSweepPosition>("SELECT tenant, after FROM user_sweep").toArray()[0] ?? null;
  }

  /** Null when the sweep has come to its end: the next one starts over. */
  keep(position: UserSweepPosition | null): void {
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS user_sweep (id INTEGER PRIMARY KEY CHECK (id = 1), tenant TEXT NOT NULL, after TEXT NOT NULL)",
    );
    if (position === null) this.#sql.exec("DELETE FROM user_sweep");
    else {
      const { tenant, after } = position;
      this.#sql.exec("INSERT OR REPLACE INTO user_sweep (id, tenant, after) VALUES (1, ?, ?)", tenant, after);
    }
  }
}
