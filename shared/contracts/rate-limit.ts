/** What the edge asks a rate limiter, and what it is told. */
import type { LimitPolicy } from "../core/rate-limit/rule.ts";
import type { Override } from "../core/rate-limit/override.ts";
import type { Refusable } from "./objects.ts";

/** One limit of a request: the policy as the settings have it, and whose account is counted on. */
export type LimitAsk = { readonly policy: LimitPolicy; readonly subject: string };

/**
 * What one limit says now: exact, but for sliding windows with a limit above 64, in which a unit counts for less than 1/64
 * of the window longer than it has to (never shorter). Durations count from `atMs` of the answer.
 */
export type LimitReport = {
  readonly rule: string;
  readonly subject: string;
  /** Units per window, after overrides. */
  readonly limit: number;
  readonly windowMs: number;
  readonly remaining: number;
  readonly resetMs: number;
  /** Until one more unit would be allowed; 0 when it is now. */
  readonly retryAfterMs: number;
  readonly penalised: boolean;
};

/** What an edge that can hold a lease says with its question. */
export type EdgeNote = {
  readonly edgeId: string;
  /** Requests it has admitted from its lease since it asked last. */
  readonly used: number;
  /** Units of its lease that it did not use and now gives back, and when it was granted; null when there are none. */
  readonly unused: { readonly units: number; readonly grantedAtMs: number } | null;
};

/**
 * Units counted already, which the edge may admit within `leaseMs` of the moment before it asked. Only for keys that are
 * hot (50 requests a second) and limits from 3,200 a window on; all leases of a limit together are at most 1 % of it, so
 * that no stretch of a window has more than 101 % of the limit (of a fixed window 100 %), and what is lost with an edge is
 * at most 1 %. Smaller limits and keys that are not hot are counted one by one.
 */
export type TokenLease = { readonly units: number; readonly leaseMs: number; readonly grantedAtMs: number };

export type LimitAnswer = {
  readonly allowed: boolean;
  /** The limiter's clock, in milliseconds since 1970. */
  readonly atMs: number;
  /** In the order of the questions. */
  readonly reports: readonly LimitReport[];
  /** Index of the report to show; -1 without questions. */
  readonly mostRestrictive: number;
  readonly lease: TokenLease | null;
  /** The edge may refuse by itself for so long; 0 for a key that is not hot. */
  readonly refuseForMs: number;
};

export type RateLimiterRpc = {
  /** Counts one request on all of the limits, or on none. With `edge`, a hot key is answered with a lease. */
  readonly take: (asks: readonly LimitAsk[], edge: EdgeNote | null) => Promise<LimitAnswer>;
  /** What `take` would say, with nothing counted or written. */
  readonly peek: (asks: readonly LimitAsk[]) => Promise<LimitAnswer>;
  /** Gives back one request that was counted at `takenAtMs`. */
  readonly refund: (asks: readonly LimitAsk[], takenAtMs: number) => Promise<void>;
  /** Forgets what is counted on a subject (null for all of them), penalties included; how many counts there were. */
  readonly reset: (subject: string | null) => Promise<number>;
  /** Those in force, in the order of rule and subject. */
  readonly overrides: () => Promise<readonly Override[]>;
  /** Sets the limit of a rule for a subject. With `ifVersion`, only over that version. Holds from the answer on. */
  readonly putOverride: (
    override: Omit<Override, "version">,
    ifVersion: number | null,
  ) => Refusable<{ readonly before: Override | null; readonly after: Override }>;
  /** The rule's own limit is back. What was removed; null when there was nothing, which is no error. */
  readonly deleteOverride: (rule: string, subject: string, ifVersion: number | null) => Refusable<Override | null>;
};
