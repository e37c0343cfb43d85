/**
 * What an isolate believes for a moment about who calls, so that not every request is a question to an object.
 *
 * C1 A lease is measured from before the question, less an eighth of it for what clocks and schedules may differ. An
 *    answer that arrives when its lease is over was never there: what was revoked meanwhile is not let in by it.
 * C2 Requests that come while a question is under way share it. A refusal counts for those only that were there when it was
 *    asked: who came later may know better, and shares one that began after it came.
 * C3 Only leases are kept, and no more than `MAX_HELD`; refusals hold for the requests that waited for them. Each question
 *    drops what is over.
 * C4 A question may never be answered (its request was called off): nobody waits for another's longer than `SHARED_MS`.
 */
import type { Leased } from "../../shared/contracts/principal.ts";
import { within } from "../../shared/within.ts";

/** `endsAtMs`: when it ends whatever the lease says, in milliseconds since 1970. */
export type Answer<T> = (Leased<T> & { readonly endsAtMs?: number }) | Refused;
export type Held<T> = { readonly value: T; readonly untilMs: number };
/** `unavailable`: nobody could say in time. Null: there is no such thing. */
export type Refused = "suspended" | "unavailable" | null;

type Outcome<T> = Held<T> | Refused;
type Question<T> = { readonly askedAtMs: number; readonly outcome: Promise<Outcome<T>> };

export const MAX_HELD = 10_000;
/** 250 ms of a whole lease. */
const MARGIN = 1 / 8;
const SHARED_MS = 1_000;

export class LeaseCache<T> {
  readonly #now: () => number;
  // Both in the order of their questions, which is about that of their ends: what is over stands in front.
  readonly #held = new Map<string, Held<T>>();
  readonly #asking = new Map<string, Question<T>>();

  /** Milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#held.size;
  }

  /** What may be believed now; null for what has to be asked. */
  held(key: string): Held<T> | null {
    const held = this.#held.get(key);
    return held !== undefined && this.#now() < held.untilMs ? held : null;
  }

  /** Throws what `ask` throws. Asks at most twice. */
  async get(key: string, ask: () => Promise<Answer<T>>): Promise<Outcome<T>> {
    const held = this.held(key);
    if (held !== null) return held;
    const underway = this.#underway(key);
    const first = this.#inTime(await (underway === null ? this.#ask(key, ask) : within(SHARED_MS, underway, tooLate)));
    const mayBeOld = underway !== null && isRefused(first);
    if (first !== "unavailable" && !mayBeOld) return first;
    const later = this.#underway(key);
    return this.#inTime(await (later === null ? this.#ask(key, ask) : within(SHARED_MS, later, tooLate)));
  }

  #underway(key: string): Promise<Outcome<T>> | null {
    const question = this.#asking.get(key);
    return question !== undefined && this.#now() < question.askedAtMs + SHARED_MS ? question.outcome : null;
  }

  #ask(key: string, ask: () => Promise<Answer<T>>): Promise<Outcome<T>> {
    const askedAtMs = this.#now();
    dropFirst(this.#asking, (question) => question.askedAtMs + SHARED_MS <= askedAtMs);
    dropFirst(this.#held, ({ untilMs }) => untilMs <= askedAtMs);
    const outcome = ask()
      .then((answer) => this.#keep(key, askedAtMs, answer))
      .finally(() => {
        if (this.#asking.get(key) === question) this.#asking.delete(key);
      });
    const question: Question<T> = { askedAtMs, outcome };
    this.#asking.delete(key);
    this.#asking.set(key, question);
    return outcome;
  }

  #keep(key: string, askedAtMs: number, answer: Answer<T>): Outcome<T> {
    if (isRefused(answer)) return answer;
    const untilMs = Math.min(askedAtMs + answer.leaseMs * (1 - MARGIN), answer.endsAtMs ?? Infinity);
    const held = { value: answer.value, untilMs };
    const nowMs = this.#now();
    if (nowMs < untilMs) {
      this.#held.delete(key);
      dropFirst(this.#held, (each) => each.untilMs <= nowMs || this.#held.size >= MAX_HELD);
      this.#held.set(key, held);
    }
    return held;
  }

  /** C1, at the moment when the answer is used. */
  #inTime(outcome: Outcome<T>): Outcome<T> {
    return isRefused(outcome) || this.#now() < outcome.untilMs ? outcome : "unavailable";
  }
}

/** Tells a refusal from what is held. */
export const isRefused = (outcome: object | Refused): outcome is Refused =>
  outcome === null || typeof outcome === "string";

function dropFirst<V>(map: Map<string, V>, over: (value: V) => boolean): void {
  for (const [key, value] of map) {
    if (!over(value)) return;
    map.delete(key);
  }
}

const tooLate = (): "unavailable" => "unavailable";
