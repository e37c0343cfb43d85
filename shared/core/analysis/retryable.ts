/** Which failures of a step another job may mend. */

/** A step is given to so many jobs, the first included. Each job makes several attempts of its own. */
export const MAX_STEP_JOBS = 2;

/** The step's own failure had nothing to do with the file: what it found did not arrive, or was never told. */
const RETRYABLE_STEP = new Set(["upload_failed", "result_unreadable", "not_reported"]);

/** The job was lost, not the work impossible. */
const RETRYABLE_JOB = new Set([
  "lost_heartbeat",
  "preempted",
  "deadline",
  "agent_fault",
  "transient",
  "capacity",
  "rate_limited",
  "start_timeout",
  "result_lost",
  "unusable_gpu",
]);

export const isRetryable = (code: string): boolean => RETRYABLE_STEP.has(code) || RETRYABLE_JOB.has(code);
