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
import { EdgeLeases, nameOf } from "./edge-leases.ts";
import { limitOfKey } from "./limit-of-key.ts";
import { PerRequestKind } from "./per-request-kind.ts";

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
  /** Counts a request on its address, before anything in it was checked. */
  readonly address: (address: string, request: LimitedRequest) => Promise<LimitVerdict>;
  /** Counts a request on whom it is from. */
  readonly principal: (principal: Principal, request: LimitedRequest) => Promise<LimitVerdict>;
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
  const count = (scope: string, limits: Together): Promise<LimitVerdict> | LimitVerdict => {
    if (limits.asks.length === 0) return NONE;
    // Before all that only a question needs: an object's address, a timer.
    const own = leases.spend(scope, limits.name);
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
  const ofAddress = new PerRequestKind((_: typeof rules, request) => together(addressRules(rules, request)));
  const ofEverybody = new PerRequestKind((_: typeof rules, request) => together(globalRules(rules, request)));
  const ofPrincipal = new PerRequestKind((principal: Principal, request) =>
    together([...principalRules(rules, principal.actor, request), ...limitOfKey(principal)]),
  );
  return {
    rules,
    address: async (address, request) => count(`address/${address}`, ofAddress.of(rules, request)),
    principal: async (principal, request) => {
      const scope = `tenant/${principal.tenant}`;
      const own = ofPrincipal.of(principal, request);
      const verdict = await count(scope, own);
      if (verdict.kind !== "allowed") return verdict;
      const shared = ofEverybody.of(rules, request);
      if (shared.asks.length === 0) return verdict;
      const everybody = await count("global", shared);
      if (everybody.kind === "allowed") return stricterOf(verdict, everybody);
      await limiter(scope).refund(own.asks, verdict.atMs);
      return everybody;
    },
    loginSucceeded: async (address, request, takenAtMs) => {
      const auth = addressRules(rules, request).filter(({ rule }) => rule.name === "auth");
      if (auth.length > 0) await limiter(`address/${address}`).refund(asksOf(auth), takenAtMs);
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

function together(applicable: readonly Applicable[]): Together {
  const asks = asksOf(applicable);
  return { asks, name: nameOf(asks), failsClosed: applicable.some(({ rule }) => rule.onFailure === "closed") };
}

const asksOf = (applicable: readonly Applicable[]): readonly LimitAsk[] =>
  applicable.map(({ rule: { name, algorithm, limit, windowMs, burst, penalty }, subject }) => ({
    policy: { name, algorithm, limit, windowMs, burst, penalty },
    subject,
  }));

function verdictOf({ allowed, atMs, reports, mostRestrictive }: LimitAnswer): LimitVerdict {
  const report = reports[mostRestrictive];
  if (allowed || report === undefined) return { kind: "allowed", reports, report, atMs };
  return { kind: "limited", reports, report };
}

type Allowed = LimitVerdict & { readonly kind: "allowed" };

function stricterOf(a: Allowed, b: Allowed): Allowed {
  const stricter = (b.report?.remaining ?? Infinity) < (a.report?.remaining ?? Infinity) ? b : a;
  return { ...stricter, reports: [...a.reports, ...b.reports] };
}

function noAnswer(): never {
  throw new Error("The limiter did not answer in time");
}
