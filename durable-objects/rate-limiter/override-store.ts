/**
 * The overrides of one tenant's limits: few, read at every request, changed by hand.
 *
 * O1 Memory holds a copy, which is read anew after each change.
 * O2 A version is the moment of its change in milliseconds since 1970, and later than that of the one before: an entity tag
 *    is never valid again, not even after a deletion and another creation.
 */
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import { inForce, type Override, overrideKey, type Overrides } from "../../shared/core/rate-limit/override.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";

/** More than an operator sets by hand, and what a list answers in one page. */
export const MAX_OVERRIDES = 1_000;

export type OverrideChanged = { readonly before: Override | null; readonly after: Override };

type Row = {
  rule: string;
  subject: string;
  policy: string;
  expires_at: number | null;
  version: number;
};

export class OverrideStore {
  readonly #sql: SqlStorage;
  #held: Map<string, Override> | null = null;

  /** The tables have to be there when it is first used. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** All that are kept, those that have ended among them. */
  all(): Overrides {
    this.#held ??= new Map(
      this.#sql
        .exec<Row>("SELECT rule, subject, policy, expires_at, version FROM overrides ORDER BY rule, subject")
        .toArray()
        .map((row) => [overrideKey(row.rule, row.subject), overrideOf(row)]),
    );
    return this.#held;
  }

  /** In the order of rule and subject. */
  inForce(nowMs: number): readonly Override[] {
    return [...this.all().values()].filter((each) => inForce(each, nowMs));
  }

  /** Runs inside the caller's transaction. With `ifVersion`, only over that version. */
  put(given: Omit<Override, "version">, ifVersion: number | null, nowMs: number): Result<OverrideChanged, Refusal> {
    const key = overrideKey(given.rule, given.subject);
    const kept = this.all().get(key);
    const before = kept !== undefined && inForce(kept, nowMs) ? kept : null;
    if (ifVersion !== null && before?.version !== ifVersion) return changedMeanwhile();
    if (kept === undefined && this.all().size >= MAX_OVERRIDES) {
      return refuse({ code: "quota_exceeded", detail: `A tenant has at most ${MAX_OVERRIDES} limits of its own.` });
    }
    const after = { ...given, version: Math.max(nowMs, (kept?.version ?? 0) + 1) };
    this.#sql.exec(
      "INSERT OR REPLACE INTO overrides (rule, subject, policy, expires_at, version) VALUES (?, ?, ?, ?, ?)",
      after.rule,
      after.subject,
      JSON.stringify(after.policy),
      after.expiresAtMs,
      after.version,
    );
    this.#held = null;
    return ok({ before, after });
  }

  /** What was removed; null for nothing. Runs inside the caller's transaction. */
  delete(rule: string, subject: string, ifVersion: number | null, nowMs: number): Result<Override | null, Refusal> {
    const kept = this.all().get(overrideKey(rule, subject));
    const before = kept !== undefined && inForce(kept, nowMs) ? kept : null;
    if (ifVersion !== null && before?.version !== ifVersion) return changedMeanwhile();
    this.#sql.exec("DELETE FROM overrides WHERE rule = ? AND subject = ?", rule, subject);
    this.#held = null;
    return ok(before);
  }

  /** Removes what has ended. When the next one ends, in milliseconds since 1970; null when none does. */
  sweep(nowMs: number): number | null {
    this.#sql.exec("DELETE FROM overrides WHERE expires_at <= ?", nowMs);
    this.#held = null;
    return this.#sql.exec<{ at: number | null }>("SELECT MIN(expires_at) AS at FROM overrides").one().at;
  }

  /** The tables are gone. */
  forget(): void {
    this.#held = null;
  }
}

const changedMeanwhile = (): Result<never, Refusal> =>
  refuse({ code: "precondition_failed", detail: "The limit is not in the version that `If-Match` names." });

const overrideOf = ({ rule, subject, policy, expires_at: expiresAtMs, version }: Row): Override => ({
  rule,
  subject,
  // SAFETY: written by `put`.
  policy: JSON.parse(policy) as Override["policy"],
  expiresAtMs,
  version,
});
