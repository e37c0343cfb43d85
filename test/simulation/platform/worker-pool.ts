/** Invocations of stateless Workers: each a scope of its own, killed now and then in the middle of its work. */
import { SimulatedFault } from "../faults.ts";
import { Scope, within } from "./scope.ts";
import type { Surrounding } from "./surrounding.ts";

export class WorkerPool {
  readonly #around: Surrounding;
  readonly #running = new Map<Scope, () => void>();

  constructor(around: Surrounding) {
    this.#around = around;
  }

  /** Runs the handler; rejects when its Worker is killed. */
  run<T>(name: string, handle: () => Promise<T>): Promise<T> {
    const { scheduler, faults, faultRandom } = this.#around;
    const scope = new Scope(`worker:${name}`);
    return new Promise<T>((resolve, reject) => {
      const kill = (): void => {
        scope.alive = false;
        this.#running.delete(scope);
        reject(new SimulatedFault("the worker was killed"));
      };
      this.#running.set(scope, kill);
      if (faults.strikes("worker-killed", name)) {
        scheduler.after(faultRandom.skewed(1, 200), () => {
          if (this.#running.has(scope)) kill();
        });
      }
      within(scope, handle).then(
        (value) => this.#end(scope, () => resolve(value)),
        (error: unknown) => this.#end(scope, () => reject(error)),
      );
    });
  }

  killAll(): void {
    for (const kill of this.#running.values()) kill();
  }

  #end(scope: Scope, settle: () => void): void {
    if (this.#running.delete(scope)) settle();
  }
}
