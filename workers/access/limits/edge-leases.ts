/**
 * The edge's side of the limits: asks the limiter, and spends leases of hot keys without asking.
 *
 * E1 By default every request is a question. Only while the limiter says that a key is hot does the edge admit from a
 *    lease, or refuse by itself for the moment it was told to.
 * E2 A lease is used from the moment before it was asked for until it ends; unused units go back with the next question.
 * E3 While a question about a hot key is under way the others wait for its answer, so that a used-up lease is one
 *    question, not one for each request that comes. Whoever asked may have been called off, and then nobody answers: the
 *    others wait for it `SHARED_MS` at most, and one of them asks again.
 */
import type { LimitAnswer, LimitAsk, LimitReport, RateLimiterRpc } from "../../../shared/contracts/rate-limit.ts";
import { within } from "../../../shared/within.ts";

type Hot = {
  answer: LimitAnswer;
  /** Units of the lease that are left, and until when. */
  left: number;
  used: number;
  leasedUntilMs: number;
  refusesUntilMs: number;
  asking: Promise<void> | null;
};

type Limiter = Pick<RateLimiterRpc, "take">;

/** Combinations of limits that an edge holds something for. */
const MAX_HOT = 10_000;
const SHARED_MS = 1_000;
/** What is hot waits for a question under way so often, then asks by itself. */
const MAX_WAITS = 8;

export class EdgeLeases {
  readonly #edgeId: string;
  readonly #now: () => number;
  readonly #hot = new Map<string, Hot>();

  /** `edgeId` tells this isolate from all others; `now` is in milliseconds since 1970. */
  constructor(edgeId: string, now: () => number) {
    this.#edgeId = edgeId;
    this.#now = now;
  }

  /** What a lease, or a refusal left to the edge, says to one request; null when the limiter has to be asked. */
  spend(combination: string): LimitAnswer | null {
    const hot = this.#hot.get(combination);
    return hot === undefined ? null : this.#decide(hot);
  }

  /** The refusal that the limiter has left to the edge, with nothing spent; null when there is none. */
  refusal(combination: string): LimitAnswer | null {
    const hot = this.#hot.get(combination);
    return hot === undefined || this.#leases(hot) ? null : this.#refusal(hot);
  }

  /** What the limiter would answer to one request. Throws when the limiter does. */
  async take(scope: string, limiter: Limiter, asks: readonly LimitAsk[]): Promise<LimitAnswer> {
    const combination = combinationOf(scope, nameOf(asks));
    for (let waits = 0; waits < MAX_WAITS; waits += 1) {
      const hot = this.#hot.get(combination);
      if (hot === undefined) break;
      const own = this.#decide(hot);
      if (own !== null) return own;
      const { asking } = hot;
      if (asking === null) break;
      await within(SHARED_MS, asking, () => endOf(hot, asking));
    }
    return this.#ask(combination, limiter, asks);
  }

  async #ask(combination: string, limiter: Limiter, asks: readonly LimitAsk[]): Promise<LimitAnswer> {
    const before = this.#hot.get(combination);
    let settled = (): void => undefined;
    const asking = new Promise<void>((resolve) => {
      settled = resolve;
    });
    if (before !== undefined) before.asking = asking;
    const askedAtMs = this.#now();
    const used = before?.used ?? 0;
    const grantedAtMs = before?.answer.lease?.grantedAtMs;
    const unused =
      before === undefined || grantedAtMs === undefined || before.left === 0
        ? null
        : { units: before.left, grantedAtMs };
    if (before !== undefined) Object.assign(before, { left: 0, used: 0 });
    try {
      const answer = await limiter.take(asks, { edgeId: this.#edgeId, used, unused });
      this.#keep(combination, answer, askedAtMs);
      return answer;
    } finally {
      if (before !== undefined) endOf(before, asking);
      settled();
    }
  }

  #keep(combination: string, answer: LimitAnswer, askedAtMs: number): void {
    if (answer.lease === null && answer.refuseForMs === 0) {
      this.#hot.delete(combination);
      return;
    }
    if (this.#hot.size >= MAX_HOT) this.#hot.clear();
    this.#hot.set(combination, {
      answer,
      left: answer.lease?.units ?? 0,
      used: 0,
      leasedUntilMs: askedAtMs + (answer.lease?.leaseMs ?? 0),
      refusesUntilMs: askedAtMs + answer.refuseForMs,
      asking: null,
    });
  }

  /** Null when the limiter has to be asked. */
  #decide(hot: Hot): LimitAnswer | null {
    if (!this.#leases(hot)) return this.#refusal(hot);
    hot.left -= 1;
    hot.used += 1;
    return new Aged(hot.answer, hot.left, this.#now());
  }

  #leases(hot: Hot): boolean {
    return hot.left > 0 && this.#now() < hot.leasedUntilMs;
  }

  #refusal(hot: Hot): LimitAnswer | null {
    const nowMs = this.#now();
    return nowMs < hot.refusesUntilMs ? refusal(hot.answer, hot.refusesUntilMs - nowMs, nowMs) : null;
  }
}

/** The question is over, unless another has taken its place. */
function endOf(hot: Hot, asking: Promise<void>): void {
  if (hot.asking === asking) hot.asking = null;
}

/** The name of what is asked together. */
export const nameOf = (asks: readonly LimitAsk[]): string =>
  asks.map(({ policy, subject }) => `${policy.name} ${subject}`).join("\n");

/** Limits that count a request together: those of a scope that have this name. */
export const combinationOf = (scope: string, name: string): string => `${scope}\n${name}`;

/**
 * The answer as it would be now: what is left of the lease may still be taken, and waits have become shorter. Of the two
 * answers that a request gets (its address, its principal) one is shown, so reports are made for who reads them.
 */
class Aged implements LimitAnswer {
  readonly allowed: boolean;
  readonly atMs: number;
  readonly mostRestrictive: number;
  readonly lease: LimitAnswer["lease"];
  readonly refuseForMs: number;
  readonly #before: LimitAnswer;
  readonly #left: number;
  #reports: readonly LimitReport[] | null = null;

  constructor(before: LimitAnswer, left: number, nowMs: number) {
    this.allowed = before.allowed;
    this.atMs = nowMs;
    this.mostRestrictive = before.mostRestrictive;
    this.lease = before.lease;
    this.refuseForMs = before.refuseForMs;
    this.#before = before;
    this.#left = left;
  }

  get reports(): readonly LimitReport[] {
    return (this.#reports ??= agedReports(this.#before, this.#left, this.atMs));
  }
}

function agedReports(answer: LimitAnswer, left: number, nowMs: number): readonly LimitReport[] {
  const passedMs = Math.max(0, nowMs - answer.atMs);
  return answer.reports.map((report): LimitReport => ({
    rule: report.rule,
    subject: report.subject,
    limit: report.limit,
    windowMs: report.windowMs,
    penalised: report.penalised,
    remaining: report.remaining + left,
    resetMs: Math.max(0, report.resetMs - passedMs),
    retryAfterMs: report.retryAfterMs === 0 ? 0 : Math.max(1, report.retryAfterMs - passedMs),
  }));
}

/** The refusal that the limiter has left to the edge: for at least as long as the edge will not ask. */
function refusal(answer: LimitAnswer, leastMs: number, nowMs: number): LimitAnswer {
  return {
    ...answer,
    allowed: false,
    atMs: nowMs,
    reports: agedReports(answer, 0, nowMs).map((report, index) =>
      index === answer.mostRestrictive
        ? { ...report, remaining: 0, retryAfterMs: Math.max(report.retryAfterMs, leastMs) }
        : report,
    ),
  };
}
