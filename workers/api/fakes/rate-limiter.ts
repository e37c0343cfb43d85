/** A rate limiter without the platform around it: the store and the algorithms of the real one, no leases, no alarm. */
import { LimiterStore } from "../../../durable-objects/rate-limiter/store.ts";
import type { LimitAnswer, LimitAsk, RateLimiterRpc } from "../../../shared/contracts/rate-limit.ts";
import { refund } from "../../../shared/core/rate-limit/counter.ts";
import { inForce, overridden } from "../../../shared/core/rate-limit/override.ts";
import { reportOf } from "../../../shared/core/rate-limit/report.ts";
import { peekAll, takeAll, type Verdict } from "../../../shared/core/rate-limit/take-all.ts";
import { sqliteStorage } from "./sqlite-storage.ts";

export class FakeRateLimiter implements RateLimiterRpc {
  readonly #store = new LimiterStore(sqliteStorage());
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  take: RateLimiterRpc["take"] = async (asks) => {
    const counters = this.#counters(asks);
    const verdict = takeAll(this.#questions(counters), this.#now());
    for (const [index, { state, forgottenAtMs }] of verdict.decisions.entries()) {
      const counter = counters[index];
      if (counter !== undefined) this.#store.keep(counter.subject, counter.policy.name, state, forgottenAtMs);
    }
    return this.#answer(verdict, counters);
  };
  peek: RateLimiterRpc["peek"] = async (asks) => {
    const counters = this.#counters(asks);
    return this.#answer(peekAll(this.#questions(counters), this.#now()), counters);
  };
  refund: RateLimiterRpc["refund"] = async (asks, takenAtMs) => {
    const nowMs = this.#now();
    for (const { policy, subject } of this.#counters(asks)) {
      const state = this.#store.state(subject, policy.name);
      if (state === null) continue;
      const counter = refund(state.counter, policy, 1, takenAtMs, nowMs);
      this.#store.keep(subject, policy.name, { ...state, counter }, nowMs + policy.windowMs);
    }
  };
  reset: RateLimiterRpc["reset"] = async (subject) => this.#store.forget(subject);
  overrides: RateLimiterRpc["overrides"] = async () =>
    [...this.#store.overrides().values()].filter((each) => inForce(each, this.#now()));
  putOverride: RateLimiterRpc["putOverride"] = async (override, ifVersion) =>
    this.#store.admitOverrides().put(override, ifVersion, this.#now());
  deleteOverride: RateLimiterRpc["deleteOverride"] = async (rule, subject, ifVersion) =>
    this.#store.admitOverrides().delete(rule, subject, ifVersion, this.#now());

  #counters(asks: readonly LimitAsk[]): readonly LimitAsk[] {
    const overrides = this.#store.overrides();
    return asks.map(({ policy, subject }) => ({
      policy: overridden(policy, subject, overrides, this.#now()),
      subject,
    }));
  }

  #questions(counters: readonly LimitAsk[]) {
    return counters.map(({ policy, subject }) => ({ policy, state: this.#store.state(subject, policy.name), cost: 1 }));
  }

  #answer({ allowed, mostRestrictive, decisions }: Verdict, counters: readonly LimitAsk[]): LimitAnswer {
    const reports = decisions.flatMap((decision, index) => {
      const counter = counters[index];
      return counter === undefined ? [] : [reportOf(decision, counter.policy, counter.subject)];
    });
    return { allowed, mostRestrictive, reports, atMs: this.#now(), lease: null, refuseForMs: 0 };
  }
}
