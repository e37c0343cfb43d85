/** What an audit log has seen of each subject, and the rows that this raises. */
import type { AuditIntent } from "../../shared/contracts/audit.ts";
import { count, RULES, type Seen, type SuspicionRule, sightingsOf } from "../../shared/core/audit/suspicion.ts";

/** Subjects that are watched at once. The longest silent is forgotten first: an attacker cannot fill the object. */
const MAX_SUBJECTS = 10_000;

export type Raised = { readonly rule: SuspicionRule; readonly subject: string };

/** Counts a row; within the caller's transaction. */
export function watch(sql: SqlStorage, seen: Seen & Pick<AuditIntent, "tenant">, nowMs: number): Raised[] {
  const raised: Raised[] = [];
  for (const { rule, subject } of sightingsOf(seen, nowMs)) {
    const row = sql
      .exec<{ times: string }>("SELECT times FROM sightings WHERE rule = ? AND subject = ?", rule, subject)
      .toArray()[0];
    // SAFETY: written below.
    const counted = count(rule, row === undefined ? [] : (JSON.parse(row.times) as number[]), nowMs);
    if (counted.raised) raised.push({ rule, subject });
    sql.exec(
      "INSERT OR REPLACE INTO sightings (rule, subject, times, last_at) VALUES (?, ?, ?, ?)",
      rule,
      subject,
      JSON.stringify(counted.times),
      nowMs,
    );
  }
  return raised;
}

/** Forgets subjects that no rule looks back to, and those that are too many. */
export function forget(sql: SqlStorage, nowMs: number): void {
  for (const [rule, { windowMs }] of Object.entries(RULES)) {
    sql.exec("DELETE FROM sightings WHERE rule = ? AND last_at <= ?", rule, nowMs - windowMs);
  }
  sql.exec(
    "DELETE FROM sightings WHERE (rule, subject) IN (SELECT rule, subject FROM sightings ORDER BY last_at DESC LIMIT -1 OFFSET ?)",
    MAX_SUBJECTS,
  );
}
