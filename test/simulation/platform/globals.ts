/**
 * The globals that the simulated code reads, replaced for the length of a run: clock, timers, randomness, console.
 * A timer belongs to the scope that set it and dies with it.
 */
import type { Random } from "./random.ts";
import type { Scheduler, Task } from "./scheduler.ts";
import { scopeOrNull, within } from "./scope.ts";

export type Surroundings = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: (level: "warn" | "error", line: string) => void;
};

const RealDate = Date;

/** Returns what puts everything back. */
export function replaceGlobals({ scheduler, random, log }: Surroundings): () => void {
  class SimulatedDate extends RealDate {
    constructor(...given: [] | [value: number | string | Date]) {
      if (given.length === 0) super(scheduler.nowMs);
      else super(given[0]);
    }
    static override now(): number {
      return scheduler.nowMs;
    }
  }
  const timers = new Map<number, Task>();
  let lastTimer = 0;
  const setTimer = (run: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]): number => {
    const scope = scopeOrNull();
    const id = (lastTimer += 1);
    const fire = (): void => {
      timers.delete(id);
      if (scope === null) run(...values);
      else if (scope.alive) within(scope, () => run(...values));
    };
    timers.set(id, scheduler.after(delayMs, fire));
    return id;
  };
  const clearTimer = (id?: number): void => {
    const task = id === undefined ? undefined : timers.get(id);
    if (id === undefined || task === undefined) return;
    task.run = null;
    timers.delete(id);
  };
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = random.int(0, 255);
    return view;
  };
  const undo = [
    put(globalThis, "Date", SimulatedDate),
    put(globalThis, "setTimeout", setTimer),
    put(globalThis, "clearTimeout", clearTimer),
    put(Math, "random", () => random.unit()),
    put(crypto, "getRandomValues", fill),
    put(crypto, "randomUUID", () => uuid(fill(new Uint8Array(16)))),
    put(performance, "now", () => scheduler.nowMs),
    put(console, "warn", (line: unknown) => log("warn", String(line))),
    put(console, "error", (line: unknown) => log("error", String(line))),
  ];
  return () => {
    for (const back of undo) back();
  };
}

function put(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, before);
  };
}

function uuid(bytes: Uint8Array): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
