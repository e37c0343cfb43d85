/**
 * Who holds how many units of a hot key, in memory.
 *
 * L1 Units of a lease are counted when it is granted: what the edges admit together is never more than what was
 *    counted, whatever is lost, and an object that forgets this book has forgotten nothing of the counts.
 * L2 At most 1 % of a limit is out altogether. A unit is used at most `LEASE_MS` after it was counted, so in any stretch
 *    of a window's length at most 101 % of the limit is admitted; in a fixed window, whose leases end with it, 100 %.
 * L3 Unused units come back with the holder's next question, to where they were counted. Those of an edge that never
 *    asks again, and those of all edges when this book is forgotten, are lost: at most 1 % of the limit each time. So who
 *    is refused has met at least 99 % of the limit, less 1 % for each such loss within the window.
 *    The questions about a hot key are about edges, or 16 if they are fewer, / (1 % of its limit) of its requests.
 * L4 A key that is not hot has no leases: it is counted one by one. Nor has one with a limit below 3,200 a window: 1 % of
 *    it in sixteen equal shares is less than two units, which saves nothing. From 160,000 on the questions are at most 1 %.
 * All of it is measured against exact counts in lease-bound.workerd.test.ts.
 */

import type { Verdict } from "../../shared/core/rate-limit/take-all.ts";

/** How long an edge may use a lease, from the moment before it asked. */
export const LEASE_MS = 1_000;
/** Requests per second from which a key is hot. */
const HOT_PER_SECOND = 50;
/** A smaller lease saves no questions. */
const LEAST_UNITS = 2;
/** The first edges get no more than if there were so many: something is left for those that come a moment later. */
const LEAST_HOLDERS = 16;
/** A hot key that is used up is asked about by each edge so often. */
const REFUSE_FOR_MS = 250;
/** Keys and combinations that the book has in mind; more, and it begins anew. */
const MAX_ENTRIES = 10_000;

type Heat = { second: number; count: number; before: number };
type Holder = { readonly units: number; readonly untilMs: number };

/** A counter that a lease draws on. */
export type Drawn = { readonly key: string; readonly limit: number; readonly remaining: number };

export class LeaseBook {
  readonly #heat = new Map<string, Heat>();
  readonly #holders = new Map<string, Map<string, Holder>>();
  /** Leases from before a wake are not in the book; they are over by then. */
  readonly #silentUntilMs: number;

  /** `nowMs`: when the object woke; 0 for one that is new. */
  constructor(nowMs: number) {
    this.#silentUntilMs = nowMs + LEASE_MS;
  }

  /** Notes requests to a combination of limits; whether it is hot. */
  hot(combination: string, requests: number, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    const heat = this.#heat.get(combination) ?? { second, count: 0, before: 0 };
    if (heat.second !== second) {
      heat.before = heat.second === second - 1 ? heat.count : 0;
      heat.count = 0;
      heat.second = second;
    }
    heat.count += requests;
    if (this.#heat.size >= MAX_ENTRIES) this.#heat.clear();
    this.#heat.set(combination, heat);
    return Math.max(heat.count, heat.before) >= HOT_PER_SECOND;
  }

  /**
   * How long an edge may refuse by itself once it has used its lease: 0 while there is enough for a lease. A counter
   * that is too small for leases makes it wait no longer than nothing can pass; a larger one for a moment in which
   * units gather for the next lease: they are admitted later, not lost.
   */
  refuseForMs(drawn: readonly Drawn[], { allowed, decisions }: Verdict): number {
    const waits = drawn.map(({ limit, remaining }, index) => {
      const refusesMs = allowed ? 0 : (decisions[index]?.retryAfterMs ?? 0);
      const gathers = mostOf(limit) >= LEAST_UNITS * LEAST_HOLDERS && remaining < mostOf(limit) / LEAST_HOLDERS;
      return Math.min(REFUSE_FOR_MS, gathers ? REFUSE_FOR_MS : refusesMs);
    });
    return Math.max(0, ...waits);
  }

  /** The units that a holder gives back, of those it had; 0 for a lease that the book does not know. */
  give(drawn: readonly Drawn[], holder: string, units: number): number {
    const held = drawn.map(({ key }) => this.#holders.get(key)?.get(holder)?.units ?? 0);
    for (const { key } of drawn) this.#holders.get(key)?.delete(holder);
    return Math.max(0, Math.min(units, ...held));
  }

  /**
   * How many units the holder may get now, from all of the counters; 0 for none. Who gets none is entered too: the
   * others' next leases are smaller by its share.
   */
  grant(drawn: readonly Drawn[], holder: string, nowMs: number, leaseMs: number): number {
    if (nowMs < this.#silentUntilMs) return 0;
    if (this.#holders.size + drawn.length > MAX_ENTRIES) return 0;
    const share = Math.min(...drawn.map((each) => this.#share(each, holder, nowMs)));
    const units = share < LEAST_UNITS ? 0 : share;
    for (const { key } of drawn) {
      const holders = this.#holders.get(key) ?? new Map<string, Holder>();
      holders.set(holder, { units, untilMs: nowMs + (units === 0 ? LEASE_MS : leaseMs) });
      this.#holders.set(key, holders);
    }
    return units;
  }

  /** An equal share for each edge that has asked lately, of what is neither out nor needed by those who ask one by one. */
  #share({ key, limit, remaining }: Drawn, holder: string, nowMs: number): number {
    const holders = this.#holders.get(key);
    let others = 0;
    let out = 0;
    for (const [name, { units, untilMs }] of holders ?? []) {
      if (untilMs <= nowMs) holders?.delete(name);
      else if (name !== holder) {
        others += 1;
        out += units;
      }
    }
    if (holders?.size === 0) this.#holders.delete(key);
    const most = mostOf(limit);
    return Math.min(Math.floor(most / Math.max(LEAST_HOLDERS, others + 1)), most - out, remaining);
  }
}

const mostOf = (limit: number): number => Math.floor(limit / 100);
