import { z } from "zod";
import { failed, isLocked, type Lockout, NO_FAILURES } from "./core/lockout.ts";

const Failures = z.array(z.int());

/** The failed logins of an account, known or not. */
export class LockoutStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(): Lockout {
    const row = this.#sql
      .exec<{ failures: string; locked_until: number | null }>("SELECT failures, locked_until FROM lockout")
      .toArray()[0];
    if (row === undefined) return NO_FAILURES;
    return { failuresAtMs: Failures.parse(JSON.parse(row.failures)), lockedUntilMs: row.locked_until };
  }

  isLocked(nowMs: number): boolean {
    return isLocked(this.get(), nowMs);
  }

  fail(nowMs: number): void {
    const { failuresAtMs, lockedUntilMs } = failed(this.get(), nowMs);
    this.#sql.exec(
      "INSERT OR REPLACE INTO lockout (id, failures, locked_until) VALUES (1, ?, ?)",
      JSON.stringify(failuresAtMs),
      lockedUntilMs,
    );
  }

  clear(): void {
    this.#sql.exec("DELETE FROM lockout");
  }
}
