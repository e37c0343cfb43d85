/**
 * Who is running: an instance of an object, an invocation of a Worker, an agent, a client. A scope that has died does
 * nothing any more: what it waits for never comes, its timers never fire.
 */
import { AsyncLocalStorage } from "node:async_hooks";

export class Scope {
  readonly name: string;
  alive = true;
  /** Resolves when everything that this scope has written so far is durable; null when it writes nothing. */
  readonly gate: () => Promise<void> | null;

  constructor(name: string, gate: () => Promise<void> | null = () => null) {
    this.name = name;
    this.gate = gate;
  }
}

const current = new AsyncLocalStorage<Scope>();

export const within = <T>(scope: Scope, run: () => T): T => current.run(scope, run);

export const outside = <T>(run: () => T): T => current.exit(run);

/** Throws outside of any scope: every effect has an author. */
export function currentScope(): Scope {
  const scope = current.getStore();
  if (scope === undefined) throw new Error("An effect without an author");
  return scope;
}

export const scopeOrNull = (): Scope | null => current.getStore() ?? null;

/** What somebody who has died waits for. */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
