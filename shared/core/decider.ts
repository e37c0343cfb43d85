import type { Result } from "./result.ts";

/** An event as it stands in a journal, of any version that was ever written. */
export type StoredEvent = { readonly type: string; readonly version: number; readonly data: Record<string, unknown> };

/**
 * A thing that must be in order, as pure functions. `decide` says what a command makes happen, or why not; `evolve`
 * says what a happening does to the state; `upcast` reads what an older release wrote. An empty list of events means
 * "already so": a repeated command changes nothing.
 */
export interface Decider<State, Command, Event, Refusal> {
  readonly initialState: State;
  /** Number of the state's shape. A snapshot of another shape is not read: the state is made anew from the journal. */
  readonly stateVersion: number;
  decide(state: State, command: Command, nowMs: number): Result<readonly Event[], Refusal>;
  evolve(state: State, event: Event, atMs: number): State;
  /** The event in its newest shape. Throws for a type or version that no release has written. */
  upcast(event: StoredEvent): Event;
}
