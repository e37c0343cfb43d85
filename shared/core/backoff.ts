export type Backoff = {
  readonly initialIntervalMs: number;
  readonly backoffCoefficient: number;
  readonly maximumIntervalMs: number;
};

/**
 * The wait before try number `attempt` (1 is the first repetition), with up to 20 % taken off by `jitter` in [0, 1),
 * so that things which failed together do not come back together.
 */
export function backoffMs(policy: Backoff, attempt: number, jitter: number): number {
  const exponent = Math.min(Math.max(attempt - 1, 0), 60);
  const full = Math.min(policy.initialIntervalMs * policy.backoffCoefficient ** exponent, policy.maximumIntervalMs);
  return Math.round(full * (1 - 0.2 * jitter));
}
