/**
 * When what was seen is suspicious (requirements §4.10 and §4.12). Pure.
 *
 * S1 A rule counts sightings of one subject within its window; at the threshold it is raised once and counts anew.
 * S2 Only people have usual hours and a usual pace: rows of API keys count for failed logins and limits alone.
 */
import type { AuditEvent, Outcome, Severity } from "./catalogue.ts";

export const RULES = {
  /** By address. */
  failed_logins: { threshold: 5, windowMs: 3_600_000, severity: "high" },
  /** By actor, or by address where nobody is known. The sources give no window; ours is an hour. */
  rate_limit_hits: { threshold: 10, windowMs: 3_600_000, severity: "medium" },
  /** By user: changes outside 06:00 to 22:00 UTC. The sources give no window; ours is a day. */
  unusual_hours: { threshold: 3, windowMs: 86_400_000, severity: "medium" },
  /** By user. The sources do not say how rapid; ours is ten seconds. */
  rapid_requests: { threshold: 50, windowMs: 10_000, severity: "medium" },
  /** By user: changes of assets, "more than 50" within an hour. */
  many_assets: { threshold: 51, windowMs: 3_600_000, severity: "medium" },
} as const satisfies Record<string, { threshold: number; windowMs: number; severity: Severity }>;

export type SuspicionRule = keyof typeof RULES;
export type Sighting = { readonly rule: SuspicionRule; readonly subject: string };

export type Seen = {
  readonly event: AuditEvent;
  readonly outcome: Outcome;
  readonly actor: { readonly kind: string; readonly id: string | null };
  readonly address: string;
};

/** What a row counts for. */
export function sightingsOf({ event, outcome, actor, address }: Seen, atMs: number): readonly Sighting[] {
  const sightings: Sighting[] = [];
  const see = (rule: SuspicionRule, subject: string): void => void sightings.push({ rule, subject });
  if (event === "auth.login_failed") see("failed_logins", address);
  if (event === "security.rate_limit_exceeded") see("rate_limit_hits", actor.id ?? address);
  if (actor.kind !== "user" || actor.id === null) return sightings;
  see("rapid_requests", actor.id);
  if (outcome !== "success") return sightings;
  const hour = new Date(atMs).getUTCHours();
  if (hour < 6 || hour >= 22) see("unusual_hours", actor.id);
  if (event.startsWith("media.")) see("many_assets", actor.id);
  return sightings;
}

/** The times that still count with a new one among them, and whether that makes the rule be raised. */
export function count(
  rule: SuspicionRule,
  times: readonly number[],
  atMs: number,
): { readonly raised: boolean; readonly times: readonly number[] } {
  const { threshold, windowMs } = RULES[rule];
  const within = [...times.filter((time) => time > atMs - windowMs), atMs];
  return within.length >= threshold ? { raised: true, times: [] } : { raised: false, times: within };
}
