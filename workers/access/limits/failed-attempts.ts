/**
 * How often an address may come to a door with a credential that is none: the doors of agents, callbacks and blobs, whose
 * callers are no principals of a tenant and many of which may share an address.
 *
 * F1 Only failures count, after the credential was looked at: who has a valid one passes however many forgeries come
 *    from the same address. What can be forged has 256 bits, so that it is looked at is no help to who guesses.
 * F2 A door is limited by the rules of addresses that name it; those for all requests of an address do not count here.
 * F3 While the limit is used up, this isolate refuses by itself: a flood of forgeries is a question to the limiter for
 *    each failure that is still allowed and for each wait, not for each request.
 * F4 Without an answer of the limiter the failure stays what it is: nothing gets in by that.
 */
import type { LimitReport, RateLimiterRpc } from "../../../shared/contracts/rate-limit.ts";
import { addressRules, type LimitedRequest } from "../../../shared/core/rate-limit/applicable.ts";
import type { LimitRule } from "../../../shared/core/rate-limit/rule.ts";
import { within } from "../../../shared/within.ts";

export type FailedAttempts = {
  /** Counts a failure of the address. Null while more are allowed, else the limit that is used up. */
  readonly failed: (address: string, request: LimitedRequest) => Promise<LimitReport | null>;
};

export type FailedAttemptsDeps = {
  readonly rules: readonly LimitRule[];
  /** By scope: `address/<address>`. */
  readonly limiter: (scope: string) => Pick<RateLimiterRpc, "take">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A limiter that has not answered by then counts as not answering. */
  readonly timeoutMs: number;
};

/** Addresses that this isolate refuses by itself; more, and it asks about all of them again. */
const MAX_REFUSED = 10_000;

export function createFailedAttempts({ rules, limiter, now, timeoutMs }: FailedAttemptsDeps): FailedAttempts {
  const ofDoors = rules.filter(({ routes }) => routes !== null);
  const refused = new Map<string, { readonly report: LimitReport; readonly untilMs: number }>();
  return {
    failed: async (address, request) => {
      const known = refused.get(address);
      const leftMs = (known?.untilMs ?? 0) - now();
      if (known !== undefined && leftMs > 0) return { ...known.report, retryAfterMs: leftMs };
      refused.delete(address);
      const asks = addressRules(ofDoors, request).map(({ rule, subject }) => {
        const { name, algorithm, limit, windowMs, burst, penalty } = rule;
        return { policy: { name, algorithm, limit, windowMs, burst, penalty }, subject };
      });
      if (asks.length === 0) return null;
      const askedAtMs = now();
      const report = await limited(timeoutMs, () => limiter(`address/${address}`).take(asks, null));
      if (report === null) return null;
      if (refused.size >= MAX_REFUSED) refused.clear();
      refused.set(address, { report, untilMs: askedAtMs + report.retryAfterMs });
      return report;
    },
  };
}

/** The limit that refuses; null when none does, or nobody says. */
async function limited(timeoutMs: number, take: () => ReturnType<RateLimiterRpc["take"]>): Promise<LimitReport | null> {
  try {
    const answer = await within(timeoutMs, take(), () => null);
    return answer === null || answer.allowed ? null : (answer.reports[answer.mostRestrictive] ?? null);
  } catch {
    return null; // What went wrong is the limiter's to log.
  }
}
