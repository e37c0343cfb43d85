/**
 * What limits say in an answer: `RateLimit-Policy` with all of them and `RateLimit` with the most restrictive one
 * (draft-ietf-httpapi-ratelimit-headers-11, structured fields), and `Retry-After` in seconds from now.
 *
 * A client that sends no more than `r` requests, and none for `t` seconds once `r` is 0, is not refused: while there is
 * quota, `t` is when all of it is there again; when there is none, when the next request would pass.
 */
import type { LimitReport } from "../../../shared/contracts/rate-limit.ts";

/** The largest integer of a structured field (RFC 9651 §3.3.1). */
const MAX_INTEGER = 999_999_999_999_999;

const seconds = (ms: number): number => Math.min(MAX_INTEGER, Math.ceil(ms / 1_000));

/** Names of rules have neither quotes nor backslashes. */
const policyOf = ({ rule, limit, windowMs }: LimitReport): string =>
  `"${rule}";q=${limit};w=${Math.max(1, seconds(windowMs))};qu="requests"`;

/** As the answers before had them; policies of a caller seldom change, what is left does each time. */
const policies = new Map<string, { readonly limit: number; readonly windowMs: number; readonly text: string }>();

/** One for each rule of the installation: the last that a caller had. */
function policyText(report: LimitReport): string {
  const last = policies.get(report.rule);
  if (last?.limit === report.limit && last.windowMs === report.windowMs) return last.text;
  const text = policyOf(report);
  policies.set(report.rule, { limit: report.limit, windowMs: report.windowMs, text });
  return text;
}

export function limitFields(
  reports: readonly LimitReport[],
  mostRestrictive: LimitReport,
): { readonly "ratelimit-policy": string; readonly ratelimit: string } {
  const { rule, remaining, resetMs, retryAfterMs } = mostRestrictive;
  const t = seconds(remaining > 0 ? resetMs : Math.max(retryAfterMs, 1));
  return {
    "ratelimit-policy": reports.map(policyText).join(", "),
    ratelimit: `"${rule}";r=${remaining};t=${t}`,
  };
}

/** At least 1: a client that waits 0 seconds would be refused again. */
export const retryAfterSeconds = ({ retryAfterMs }: LimitReport): number => Math.max(1, seconds(retryAfterMs));
