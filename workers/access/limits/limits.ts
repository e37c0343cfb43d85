/**
 * The limits of a request, as the middleware asks for them: first those of its address, then, when its credentials
 * have been checked, those of its tenant, user, key and route. Nobody is counted for what a stranger claims to be.
 */
import type { LimitAnswer, LimitAsk, LimitReport, RateLimiterRpc } from "../../../shared/contracts/rate-limit.ts";
import type { Principal } from "../../../shared/contracts/principal.ts";
import {
  type Applicable,
  addressRules,
  globalRules,
  type LimitedRequest,
  principalRules,
} from "../../../shared/core/rate-limit/applicable.ts";
import type { LimitRule } from "../../../shared/core/rate-limit/rule.ts";
import { within } from "../../../shared/within.ts";
import { combinationOf, EdgeLeases, nameOf } from "./edge-leases.ts";
import { limitOfKey } from "./limit-of-key.ts";
import { PerOwnerAndKind, PerRequestKind } from "./per-request-kind.ts";

export type LimitVerdict =
  | {
      readonly kind: "allowed";
      readonly reports: readonly LimitReport[];
      readonly report: LimitReport | undefined;
      /** When it was counted, by the limiter's clock; 0 when it was not. */
      readonly atMs: number;
    }
  | { readonly kind: "limited"; readonly reports: readonly LimitReport[]; readonly report: LimitReport }
  /** A limiter did not answer, and a rule that applies is closed in this case. */
  | { readonly kind: "unavailable" };

export type Limits = {
  readonly rules: readonly LimitRule[];
  /** Counts a request on its address, before anything in it was checked. What a lease covers is answered at once. */
  readonly address: (address: string, request: LimitedRequest) => LimitVerdict | Promise<LimitVerdict>;
  /** Counts a request on whom it is from; at once likewise. */
  readonly principal: (principal: Principal, request: LimitedRequest) => LimitVerdict | Promise<LimitVerdict>;
  /** Gives back what a request was counted at `takenAtMs` by the rule `auth` of its address. */
  readonly loginSucceeded: (address: string, request: LimitedRequest, takenAtMs: number) => Promise<void>;
  /** What the caller's limits say now, with nothing counted: those of all requests and those of some. */
  readonly state: (principal: Principal) => Promise<readonly LimitReport[]>;
  readonly ofTenant: (tenant: string) => RateLimiterRpc;
};

export type LimitsDeps = {
  readonly rules: readonly LimitRule[];
  /** By scope: `tenant/<tenant>`, `address/<address>`, `global`. */
  readonly limiter: (scope: string) => RateLimiterRpc;
  readonly edgeId: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A limiter that has not answered by then counts as not answering. */
  readonly timeoutMs: number;
};

const NONE: LimitVerdict = { kind: "allowed", reports: [], report: undefined, atMs: 0 };

export function createLimits({ rules, limiter, edgeId, now, timeoutMs }: LimitsDeps): Limits {
  const anyRequest = rules
    .filter(({ scope }) => scope !== "route")
    .map((rule) => ({ ...rule, methods: null, routes: null }));
  const leases = new EdgeLeases(edgeId, now);
  const count = (scope: string, combination: string, limits: Together): Promise<LimitVerdict> | LimitVerdict => {
    if (limits.asks.length === 0) return NONE;
    // Before all that only a question needs: an object's address, a timer.
    const own = leases.spend(combination);
    return own === null ? ask(scope, limits) : verdictOf(own);
  };
  const ask = async (scope: string, { asks, failsClosed }: Together): Promise<LimitVerdict> => {
    try {
      return verdictOf(await within(timeoutMs, leases.take(scope, limiter(scope), asks), noAnswer));
    } catch {
      // What went wrong is the limiter's to log; here only the rules' own policy matters.
      return failsClosed ? { kind: "unavailable" } : NONE;
    }
  };
  /** What cannot be given back stays counted, which refuses later requests sooner, but not this one. */
  const giveBack = async (scope: string, asks: readonly LimitAsk[], takenAtMs: number): Promise<void> => {
    if (asks.length === 0) return;
    try {
      await within(timeoutMs, limiter(scope).refund(asks, takenAtMs), noAnswer);
    } catch {
      // The limiter's to log.
    }
  };
  const ofAddress = new PerRequestKind((request) => together(addressRules(rules, request)));
  const ofEverybody = new PerRequestKind((request) => together(globalRules(rules, request)));
  const ofPrincipal = new PerOwnerAndKind((principal: Principal, request) => {
    const own = together([...principalRules(rules, principal.actor, request), ...limitOfKey(principal)]);
    const scope = `tenant/${principal.tenant}`;
    return { ...own, scope, combination: combinationOf(scope, own.name) };
  });
  const hasShared = rules.some(({ scope, enabled }) => scope === "global" && enabled);
  const andShared = async (own: Together & Placed, request: LimitedRequest): Promise<LimitVerdict> => {
    const shared = ofEverybody.of(request);
    const combination = combinationOf("global", shared.name);
    // While all is used up nothing is counted on a tenant that would have to be given back.
    const usedUp = leases.refusal(combination);
    if (usedUp !== null) return verdictOf(usedUp);
    const verdict = await count(own.scope, own.combination, own);
    if (verdict.kind !== "allowed" || shared.asks.length === 0) return verdict;
    const everybody = await count("global", combination, shared);
    if (everybody.kind === "allowed") return stricterOf(verdict, everybody);
    await giveBack(own.scope, own.asks, verdict.atMs);
    return everybody;
  };
  return {
    rules,
    address: (address, request) => {
      const scope = `address/${address}`;
      const own = ofAddress.of(request);
      return count(scope, combinationOf(scope, own.name), own);
    },
    principal: (principal, request) => {
      const own = ofPrincipal.of(principal, request);
      return hasShared ? andShared(own, request) : count(own.scope, own.combination, own);
    },
    loginSucceeded: async (address, request, takenAtMs) => {
      const auth = addressRules(rules, request).filter(({ rule }) => rule.name === "auth");
      if (auth.length > 0) await giveBack(`address/${address}`, asksOf(auth), takenAtMs);
    },
    state: async (principal) => {
      const any = { method: "GET", route: "none" };
      const own = [...principalRules(anyRequest, principal.actor, any), ...limitOfKey(principal)];
      return (await limiter(`tenant/${principal.tenant}`).peek(asksOf(own))).reports;
    },
    ofTenant: (tenant) => limiter(`tenant/${tenant}`),
  };
}

/** Limits of one scope that count a request together, or not at all. */
type Together = {
  readonly asks: readonly LimitAsk[];
  readonly name: string;
  /** One of the rules refuses when the limiter does not answer. */
  readonly failsClosed: boolean;
};

/** Where they count, and what the edge knows them by. */
type Placed = { readonly scope: string; readonly combination: string };

function together(applicable: readonly Applicable[]): Together {
  const asks = asksOf(applicable);
  return { asks, name: nameOf(asks), failsClosed: applicable.some(({ rule }) => rule.onFailure === "closed") };
}

const asksOf = (applicable: readonly Applicable[]): readonly LimitAsk[] =>
  applicable.map(({ rule: { name, algorithm, limit, windowMs, burst, penalty }, subject }) => ({
    policy: { name, algorithm, limit, windowMs, burst, penalty },
    subject,
  }));

function verdictOf(answer: LimitAnswer): LimitVerdict {
  if (answer.allowed) return new ByAnswer(answer);
  const { reports, mostRestrictive } = answer;
  const report = reports[mostRestrictive];
  return report === undefined ? new ByAnswer(answer) : { kind: "limited", reports, report };
}

type Allowed = LimitVerdict & { readonly kind: "allowed" };

/** Reads the reports when they are read. */
class ByAnswer implements Allowed {
  readonly kind = "allowed";
  readonly #answer: LimitAnswer;

  constructor(answer: LimitAnswer) {
    this.#answer = answer;
  }

  get atMs(): number {
    return this.#answer.atMs;
  }

  get reports(): readonly LimitReport[] {
    return this.#answer.reports;
  }

  get report(): LimitReport | undefined {
    return this.reports[this.#answer.mostRestrictive];
  }
}

function stricterOf(a: Allowed, b: Allowed): Allowed {
  const stricter = (b.report?.remaining ?? Infinity) < (a.report?.remaining ?? Infinity) ? b : a;
  return { kind: "allowed", report: stricter.report, atMs: stricter.atMs, reports: [...a.reports, ...b.reports] };
}

function noAnswer(): never {
  throw new Error("The limiter did not answer in time");
}
