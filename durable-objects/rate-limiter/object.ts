/**
 * The limits of one scope: a tenant with its users, keys and routes, an address, or everybody. Addressed by the scope.
 *
 * R1 A request is counted on all of its limits or on none, in one question and one transaction.
 * R2 What was counted survives the object: a state is written before it is answered.
 * R3 By default every request is counted here, one by one. A hot key is leased to the edges (lease-book.ts).
 * R4 Whoever asks has checked the caller: a tenant's object is asked about authenticated requests only.
 * R5 An override holds for the next question. An edge may still spend the lease that it has: at most 1 % of the limit
 *    before, for at most `LEASE_MS`; or refuse by itself for the quarter of a second it was told to.
 */
import { DurableObject } from "cloudflare:workers";
import type { Refusable } from "../../shared/contracts/objects.ts";
import type { EdgeNote, LimitAnswer, LimitAsk, RateLimiterRpc } from "../../shared/contracts/rate-limit.ts";
import { refund } from "../../shared/core/rate-limit/counter.ts";
import { type Override, inForce, overridden } from "../../shared/core/rate-limit/override.ts";
import { reportOf } from "../../shared/core/rate-limit/report.ts";
import type { LimitPolicy } from "../../shared/core/rate-limit/rule.ts";
import { type Ask, peekAll, takeAll, type Verdict } from "../../shared/core/rate-limit/take-all.ts";
import { type Drawn, LEASE_MS, LeaseBook } from "./lease-book.ts";
import type { OverrideChanged } from "./override-store.ts";
import { LimiterStore } from "./store.ts";

/** Rows that are over are removed this much later at the earliest: an alarm costs more than a row. */
const SWEEP_EVERY_MS = 60_000;

type Counter = { readonly policy: LimitPolicy; readonly subject: string; readonly key: string };

export class RateLimiter extends DurableObject<Env> implements RateLimiterRpc {
  /** Milliseconds since 1970. Not a method: no caller can set it. */
  clock: () => number = () => Date.now();
  readonly #store: LimiterStore;
  #book: LeaseBook | null = null;
  #armed = false;
  /** An earlier life of this object may have given leases that this one does not know. */
  readonly #woke: boolean;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new LimiterStore(ctx.storage);
    this.#woke = this.#store.exists;
  }

  async take(asks: readonly LimitAsk[], edge: EdgeNote | null): Promise<LimitAnswer> {
    const nowMs = this.clock();
    const answer = this.ctx.storage.transactionSync(() => this.#take(asks, edge, nowMs));
    if (!this.#armed) await this.#arm(nowMs + SWEEP_EVERY_MS);
    return answer;
  }

  async peek(asks: readonly LimitAsk[]): Promise<LimitAnswer> {
    const nowMs = this.clock();
    const counters = this.#counters(asks, nowMs);
    return answerOf(peekAll(this.#questions(counters, 1), nowMs), counters, nowMs);
  }

  async refund(asks: readonly LimitAsk[], takenAtMs: number): Promise<void> {
    const nowMs = this.clock();
    this.ctx.storage.transactionSync(() => this.#giveBack(this.#counters(asks, nowMs), 1, takenAtMs, nowMs));
  }

  async reset(subject: string | null): Promise<number> {
    // Units that are out were counted before: they are not to come back to what is counted from now on.
    if (this.#book !== null) this.#book = new LeaseBook(this.clock());
    return this.ctx.storage.transactionSync(() => this.#store.forget(subject));
  }

  async overrides(): Promise<readonly Override[]> {
    const nowMs = this.clock();
    return [...this.#store.overrides().values()].filter((each) => inForce(each, nowMs));
  }

  async putOverride(override: Omit<Override, "version">, ifVersion: number | null): Refusable<OverrideChanged> {
    const nowMs = this.clock();
    const put = this.ctx.storage.transactionSync(() => this.#store.admitOverrides().put(override, ifVersion, nowMs));
    await this.#arm(nowMs + SWEEP_EVERY_MS);
    return put;
  }

  async deleteOverride(rule: string, subject: string, ifVersion: number | null): Refusable<Override | null> {
    const nowMs = this.clock();
    const gone = this.ctx.storage.transactionSync(() =>
      this.#store.admitOverrides().delete(rule, subject, ifVersion, nowMs),
    );
    await this.#arm(nowMs + SWEEP_EVERY_MS);
    return gone;
  }

  /** For the deletion of a tenant: no count and no override of it is kept. */
  async erase(): Promise<void> {
    this.#book = null;
    this.#armed = false;
    await this.#store.removeAll();
  }

  override async alarm(): Promise<void> {
    const nowMs = this.clock();
    this.#armed = false;
    const { nextAtMs, empty } = this.#store.sweep(nowMs);
    if (empty) await this.#store.removeAll();
    else if (nextAtMs !== null) await this.#arm(Math.max(nextAtMs, nowMs + SWEEP_EVERY_MS));
  }

  #take(asks: readonly LimitAsk[], edge: EdgeNote | null, nowMs: number): LimitAnswer {
    const counters = this.#counters(asks, nowMs);
    if (edge === null) return answerOf(this.#count(counters, 1, nowMs), counters, nowMs);
    this.#book ??= new LeaseBook(this.#woke ? nowMs : 0);
    const combination = counters.map(({ key }) => key).join("\n");
    const holder = `${edge.edgeId} ${combination}`;
    const held = this.#book.give(drawnOf(counters, null), holder, edge.unused?.units ?? 0);
    if (edge.unused !== null && held > 0) this.#giveBack(counters, held, edge.unused.grantedAtMs, nowMs);
    const verdict = this.#count(counters, 1, nowMs);
    const hot = this.#book.hot(combination, 1 + edge.used, nowMs);
    if (!hot || counters.length === 0) return answerOf(verdict, counters, nowMs);
    const drawn = drawnOf(counters, verdict);
    const refuseForMs = this.#book.refuseForMs(drawn, verdict);
    if (!verdict.allowed) return { ...answerOf(verdict, counters, nowMs), refuseForMs };
    const leaseMs = leaseOf(counters, nowMs);
    const units = this.#book.grant(drawn, holder, nowMs, leaseMs);
    if (units === 0) return { ...answerOf(verdict, counters, nowMs), refuseForMs };
    const leased = this.#count(counters, units, nowMs);
    return { ...answerOf(leased, counters, nowMs), lease: { units, leaseMs, grantedAtMs: nowMs }, refuseForMs };
  }

  #counters(asks: readonly LimitAsk[], nowMs: number): readonly Counter[] {
    const overrides = this.#store.overrides();
    return asks.map(({ policy, subject }) => ({
      policy: overrides.size === 0 ? policy : overridden(policy, subject, overrides, nowMs),
      subject,
      key: `${policy.name} ${subject}`,
    }));
  }

  #questions(counters: readonly Counter[], cost: number): readonly Ask[] {
    return counters.map(({ policy, subject }) => ({ policy, state: this.#store.state(subject, policy.name), cost }));
  }

  /** A state is written when it changed: by a count, or by a penalty that begins. */
  #count(counters: readonly Counter[], cost: number, nowMs: number): Verdict {
    const questions = this.#questions(counters, cost);
    const verdict = takeAll(questions, nowMs);
    for (const [index, { state, forgottenAtMs }] of verdict.decisions.entries()) {
      const counter = counters[index];
      if (counter === undefined) continue;
      const punished = state.penalty !== (questions[index]?.state?.penalty ?? null);
      if (verdict.allowed || punished) this.#store.keep(counter.subject, counter.policy.name, state, forgottenAtMs);
    }
    return verdict;
  }

  #giveBack(counters: readonly Counter[], units: number, takenAtMs: number, nowMs: number): void {
    for (const { policy, subject } of counters) {
      const state = this.#store.state(subject, policy.name);
      if (state === null) continue;
      const counter = refund(state.counter, policy, units, takenAtMs, nowMs);
      const [decision] = peekAll([{ policy, state: { ...state, counter }, cost: 1 }], nowMs).decisions;
      this.#store.keep(subject, policy.name, { ...state, counter }, decision?.forgottenAtMs ?? nowMs);
    }
  }

  async #arm(atMs: number): Promise<void> {
    this.#armed = true;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(atMs);
  }
}

const drawnOf = (counters: readonly Counter[], verdict: Verdict | null): readonly Drawn[] =>
  counters.map(({ key, policy }, index) => ({
    key,
    limit: policy.limit,
    remaining: verdict?.decisions[index]?.remaining ?? 0,
  }));

/** A lease on a fixed window ends with it. */
const leaseOf = (counters: readonly Counter[], nowMs: number): number =>
  Math.min(
    LEASE_MS,
    ...counters
      .filter(({ policy }) => policy.algorithm === "fixed-window")
      .map(({ policy: { windowMs } }) => windowMs - (nowMs % windowMs)),
  );

function answerOf(verdict: Verdict, counters: readonly Counter[], atMs: number): LimitAnswer {
  return {
    allowed: verdict.allowed,
    atMs,
    reports: verdict.decisions.flatMap((decision, index) => {
      const counter = counters[index];
      return counter === undefined ? [] : [reportOf(decision, counter.policy, counter.subject)];
    }),
    mostRestrictive: verdict.mostRestrictive,
    lease: null,
    refuseForMs: 0,
  };
}
