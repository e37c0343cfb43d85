/** Sends requests again that may be sent again. */
import { networkError } from "./aima-error.ts";

export type RetryPolicy = {
  /** How often a request is sent at most. */
  readonly maximumAttempts: number;
  /** Wait before the second attempt, in milliseconds; each further wait doubles. */
  readonly initialIntervalMs: number;
  /** The longest wait, whatever `Retry-After` says. */
  readonly maximumIntervalMs: number;
};

export const RETRY: RetryPolicy = { maximumAttempts: 4, initialIntervalMs: 250, maximumIntervalMs: 20_000 };

const RETRYABLE = new Set([429, 503]);

function waitMs(policy: RetryPolicy, attempt: number, response: Response | null): number {
  const seconds = Number(response?.headers.get("retry-after") ?? Number.NaN);
  const ownMs = policy.initialIntervalMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
  return Math.min(policy.maximumIntervalMs, Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : ownMs);
}

/**
 * Repeats `send` after network faults, 429 and 503, as long as the policy allows; the last answer or fault counts.
 * Throws `AimaError` with code `network_error` when no answer came, and the signal's reason when it is aborted.
 */
export async function withRetries(
  policy: RetryPolicy,
  send: () => Promise<Response>,
  signal?: AbortSignal,
): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    let response: Response | null = null;
    try {
      response = await send();
      if (!RETRYABLE.has(response.status) || attempt >= policy.maximumAttempts) return response;
      await response.body?.cancel();
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= policy.maximumAttempts) throw networkError(error);
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs(policy, attempt, response)));
  }
}
