/** What follows from the end of an attempt, by its cause. Pure. */
import type { FailureCause } from "../../../shared/contracts/agent.ts";
import { assertNever } from "../../../shared/core/exhaustive.ts";

/** Attempts that may fail for reasons of the work or its place; preemptions are nobody's fault and not counted. */
export const MAXIMUM_ATTEMPTS = 5;
/** A job that is preempted again and again ends too. */
const MAXIMUM_PREEMPTIONS = 50;

const INITIAL_INTERVAL_MS = 1_000;
const MAXIMUM_INTERVAL_MS = 60_000;

/** Milliseconds until the next attempt, or null when there is none. `causes` are those of all ended attempts. */
export function retryInMs(causes: readonly FailureCause[]): number | null {
  const cause = causes.at(-1);
  if (cause === undefined) return 0;
  switch (cause) {
    case "bad_input":
    case "unsupported":
    case "deadline":
      return null;
    case "preempted":
      return causes.filter((each) => each === "preempted").length > MAXIMUM_PREEMPTIONS ? null : 0;
    case "transient":
    case "lost_heartbeat":
    case "out_of_memory":
    case "exit_code": {
      const failures = causes.filter((each) => each !== "preempted").length;
      if (failures >= MAXIMUM_ATTEMPTS) return null;
      return Math.min(INITIAL_INTERVAL_MS * 2 ** (failures - 1), MAXIMUM_INTERVAL_MS);
    }
    default:
      return assertNever(cause);
  }
}
