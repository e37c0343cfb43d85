/** What follows from the end of an attempt, by its cause. Pure. */
import type { FailureCause } from "../../../shared/contracts/agent.ts";
import { backoffMs } from "../../../shared/core/backoff.ts";
import { assertNever } from "../../../shared/core/exhaustive.ts";

/** Attempts that may fail for reasons of the work or its place. */
export const MAXIMUM_ATTEMPTS = 5;
/** Ends that are nobody's fault are not counted as failures; a job that meets nothing else ends too. */
const MAXIMUM_BLAMELESS = 50;

/** min(60 s, 2^n), as the job's retry rule has it; a market without capacity changes more slowly. */
const FAILURE = { initialIntervalMs: 1_000, backoffCoefficient: 2, maximumIntervalMs: 60_000 };
const SCARCITY = { initialIntervalMs: 5_000, backoffCoefficient: 2, maximumIntervalMs: 300_000 };

type Treatment = "final" | "at_once" | "scarce" | "failure";

function treatmentOf(cause: FailureCause): Treatment {
  switch (cause) {
    case "bad_input":
    case "bad_request":
    case "unsupported":
    case "deadline":
      return "final";
    case "preempted":
    case "paused":
    case "unusable_gpu":
      return "at_once";
    case "capacity":
    case "rate_limited":
    case "quota":
      return "scarce";
    case "transient":
    case "lost_heartbeat":
    case "out_of_memory":
    case "exit_code":
    case "auth":
    case "start_timeout":
    case "result_lost":
      return "failure";
    default:
      return assertNever(cause);
  }
}

/** Whether more tries could have helped: a job that ended so can be paused instead of failed. */
export const isRetryable = (cause: FailureCause): boolean => treatmentOf(cause) !== "final";

/**
 * Milliseconds until the next attempt, or null when there is none. `causes` are those of all ended attempts, oldest
 * first; `jitter` in [0, 1) takes up to 20 % off.
 */
export function retryInMs(causes: readonly FailureCause[], jitter = 0): number | null {
  const cause = causes.at(-1);
  if (cause === undefined) return 0;
  const treatment = treatmentOf(cause);
  if (treatment === "final") return null;
  const alike = causes.filter((each) => treatmentOf(each) === treatment).length;
  if (treatment === "failure") return alike >= MAXIMUM_ATTEMPTS ? null : backoffMs(FAILURE, alike, jitter);
  if (alike > MAXIMUM_BLAMELESS) return null;
  return treatment === "at_once" ? 0 : backoffMs(SCARCITY, alike, jitter);
}

/** A number in [0, 1) that is the same at every replay and different between jobs (FNV-1a over the name). */
export function jitterOf(jobId: string, attempt: number): number {
  let hash = 0x811c9dc5;
  for (const character of `${jobId}/${attempt}`) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
