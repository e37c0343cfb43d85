/**
 * One object of a class: at most one instance at a time, made when it is needed, killed by crashes, made anew on what
 * was durable. Alarms as the platform has them: at least once, one at a time, six repetitions after a failure.
 */
import { SimulatedFault } from "../faults.ts";
import { DurableSql } from "./durable-sql.ts";
import { objectState } from "./object-state.ts";
import { never, outside, Scope, within } from "./scope.ts";
import type { Surrounding } from "./surrounding.ts";

type Instance = Record<string, (...values: unknown[]) => Promise<unknown>> & { alarm?: () => Promise<void> };
export type ObjectClass = new (ctx: DurableObjectState, env: Env) => object;

/** The platform's: two seconds, doubled, six times. */
const ALARM_RETRY_MS = 2_000;
const ALARM_RETRIES = 6;

export class ObjectHost {
  readonly name: string;
  readonly sql: DurableSql;
  readonly #made: ObjectClass;
  readonly #around: Surrounding;
  #instance: Instance | null = null;
  #scope: Scope | null = null;
  #generation = 0;
  #inFlight: { readonly tries: number; readonly scope: Scope } | null = null;
  #tries = 0;
  readonly #calls = new Set<(error: Error) => void>();
  /** Alarms that the platform has given up. */
  alarmsDropped = 0;
  lastActiveMs = 0;

  constructor(name: string, made: ObjectClass, around: Surrounding) {
    this.name = name;
    this.#made = made;
    this.#around = around;
    this.sql = new DurableSql(around.scheduler, () => around.flushMs());
  }

  get awake(): boolean {
    return this.#instance !== null;
  }

  get busy(): boolean {
    return this.#calls.size > 0 || this.#inFlight !== null;
  }

  get unsaved(): boolean {
    return this.sql.unsaved;
  }

  get alarmAtMs(): number | null {
    return this.#inFlight === null ? this.sql.alarmAtMs : (this.sql.alarmAtMs ?? this.#around.scheduler.nowMs);
  }

  /** Resolves when the method has answered and everything it relies on is durable. */
  async call(method: string, values: readonly unknown[]): Promise<unknown> {
    this.lastActiveMs = this.#around.scheduler.nowMs;
    const { instance, scope } = this.#wake();
    this.#around.trace.add(this.name, method);
    this.#maybeCrash(method);
    const run = instance[method];
    if (run === undefined) throw new TypeError(`${this.name} has no method ${method}`);
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => outside(() => reject(error));
      this.#calls.add(fail);
      const settle = async (work: Promise<unknown>): Promise<void> => {
        try {
          const value = structuredClone(await work);
          await (this.sql.flushed() ?? Promise.resolve());
          if (scope.alive) resolve(value);
        } catch (error) {
          if (scope.alive) reject(error);
        } finally {
          this.#calls.delete(fail);
        }
      };
      void settle(within(scope, () => run.apply(instance, [...values])));
    });
  }

  /** The instance is gone, and with it what was not durable. */
  crash(): void {
    this.#stop("crashed");
    const lost = this.sql.crash((from, to) => this.#around.faultRandom.int(from, to));
    if (lost > 0) this.#around.faults.note("crash-unsaved", `${this.name} ${lost}`);
    this.#around.trace.add(this.name, `crashed, ${lost} turns lost`);
    const handling = this.#inFlight !== null;
    this.#inFlight = null;
    if (handling && this.sql.alarmAtMs === null) {
      this.sql.alarmAtMs = this.#around.scheduler.nowMs + ALARM_RETRY_MS;
    }
    this.#watchAlarm();
  }

  /** Memory is given back; nothing durable is touched. */
  evict(): void {
    if (this.busy || this.sql.unsaved) return;
    this.#stop("evicted");
    this.#around.trace.add(this.name, "evicted");
  }

  /** A crash that comes soon: before, while or after what is written now becomes durable. */
  #maybeCrash(what: string): void {
    const { faults, faultRandom, scheduler } = this.#around;
    if (!faults.strikes("crash", `${this.name}.${what}`)) return;
    scheduler.after(faultRandom.skewed(0, 60), () => this.crash());
  }

  #stop(how: string): void {
    if (this.#scope !== null) this.#scope.alive = false;
    this.#instance = null;
    this.#scope = null;
    const calls = [...this.#calls];
    this.#calls.clear();
    for (const fail of calls) fail(new SimulatedFault(`${this.name} ${how}`));
  }

  #wake(): { instance: Instance; scope: Scope } {
    if (this.#instance !== null && this.#scope !== null) return { instance: this.#instance, scope: this.#scope };
    this.#generation += 1;
    const scope = new Scope(`${this.name}#${this.#generation}`, () => this.sql.flushed());
    const state = objectState({
      name: this.name,
      scope,
      sql: this.sql,
      setAlarm: (atMs) => this.#setAlarm(atMs),
      waitUntil: (work) => void work.catch((error: unknown) => this.#around.fault(this.name, error)),
    });
    // SAFETY: the classes' methods are async functions; what is not there is told by `call`.
    const instance = within(scope, () => new this.#made(state, this.#around.env)) as unknown as Instance;
    this.#instance = instance;
    this.#scope = scope;
    return { instance, scope };
  }

  #setAlarm(atMs: number | null): void {
    this.sql.beginTurn();
    this.sql.alarmAtMs = atMs;
    this.#tries = 0;
    if (atMs !== null) this.#watchAlarm();
  }

  #watchAlarm(): void {
    const { alarmAtMs } = this.sql;
    if (alarmAtMs === null) return;
    const { scheduler, faults, faultRandom } = this.#around;
    const lateMs = faults.strikes("alarm-late", this.name) ? faultRandom.skewed(500, 60_000) : 0;
    scheduler.at(alarmAtMs + lateMs, () => this.#ring());
  }

  #ring(): void {
    const { scheduler } = this.#around;
    const due = (): boolean => this.sql.alarmAtMs !== null && this.sql.alarmAtMs <= scheduler.nowMs;
    if (!due() || this.#inFlight !== null) return;
    const unsaved = this.sql.flushed();
    // An alarm that is not durable yet does not ring.
    if (unsaved !== null) void unsaved.then(() => scheduler.after(0, () => this.#ring()));
    else void this.#alarm();
  }

  async #alarm(): Promise<void> {
    const { scheduler, trace } = this.#around;
    this.lastActiveMs = scheduler.nowMs;
    const tries = this.#tries;
    this.sql.alarmAtMs = null;
    let failed = false;
    let scope: Scope | null = null;
    try {
      const awake = this.#wake();
      ({ scope } = awake);
      this.#inFlight = { tries, scope };
      trace.add(this.name, "alarm");
      this.#maybeCrash("alarm");
      await within(scope, () => awake.instance.alarm?.() ?? never<void>());
    } catch (error) {
      failed = true;
      this.#around.fault(this.name, error);
    }
    if (scope !== null && !scope.alive) return;
    await (this.sql.flushed() ?? Promise.resolve());
    if (scope !== null && !scope.alive) return;
    this.#inFlight = null;
    if (failed && this.sql.alarmAtMs === null) {
      if (tries >= ALARM_RETRIES) {
        this.alarmsDropped += 1;
        trace.add(this.name, "alarm dropped");
        return;
      }
      this.sql.alarmAtMs = scheduler.nowMs + ALARM_RETRY_MS * 2 ** tries;
      this.#tries = tries + 1;
    }
    this.#watchAlarm();
  }
}
