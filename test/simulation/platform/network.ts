/**
 * Calls between objects, Workers, agents and providers: delayed, lost before or after their effect, late, or hung.
 * Nothing is promised about the order of two calls.
 */
import { type Faults, SimulatedFault } from "../faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import { currentScope, never, type Scope } from "./scope.ts";

export type Latency = { readonly lowMs: number; readonly highMs: number };

export class Network {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #faults: Faults;
  latency: Latency = { lowMs: 1, highMs: 40 };

  constructor(scheduler: Scheduler, random: Random, faults: Faults) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#faults = faults;
  }

  /**
   * Carries a call of the current scope to where `effect` happens, and its answer back. Rejects when the caller
   * learns nothing; the effect may have happened all the same, or may still happen.
   */
  async call<T>(what: string, effect: () => Promise<T>, { mayBeLate = true } = {}): Promise<T> {
    const from = currentScope();
    const gate = from.gate();
    if (gate !== null) await gate;
    if (!from.alive) return never<T>();
    const label = `${from.name} > ${what}`;
    if (this.#faults.strikes("call-hung", label)) return this.#fail(from, this.#random.int(90_000, 200_000));
    if (this.#faults.strikes("call-lost", label)) return this.#fail(from, this.#delay());
    if (mayBeLate && this.#faults.strikes("call-late", label)) {
      this.#scheduler.after(this.#random.skewed(500, 120_000), () => void effect().catch(() => undefined));
      return this.#fail(from, this.#delay());
    }
    const replyLost = this.#faults.strikes("reply-lost", label);
    return new Promise<T>((resolve, reject) => {
      const back = (settle: () => void): void => {
        this.#scheduler.after(this.#delay(), () => {
          if (from.alive) settle();
        });
      };
      this.#scheduler.after(this.#delay(), () => {
        effect().then(
          (value) => back(() => (replyLost ? reject(new SimulatedFault("the reply was lost")) : resolve(value))),
          (error: unknown) => back(() => reject(error)),
        );
      });
    });
  }

  #fail<T>(from: Scope, afterMs: number): Promise<T> {
    return new Promise<T>((_resolve, reject) => {
      this.#scheduler.after(afterMs, () => {
        if (from.alive) reject(new SimulatedFault("network connection lost"));
      });
    });
  }

  #delay(): number {
    return this.#random.skewed(this.latency.lowMs, this.latency.highMs);
  }
}
