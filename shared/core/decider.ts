import type { Result } from "./result.ts";

/**
 * A thing that must be in order, as three pure functions. `decide` says what a command makes happen, or why not;
 * `evolve` says what a happening does to the state. An empty list of events means "already so": a repeated command
 * changes nothing.
 */
export interface Decider<State, Command, Event, Refusal> {
  readonly initialState: State;
  decide(state: State, command: Command, nowMs: number): Result<readonly Event[], Refusal>;
  evolve(state: State, event: Event, atMs: number): State;
}
