/** One HTTP exchange with AIMA: sorted into what worked, what to repeat, and what never will. */
import { setTimeout as delay } from "node:timers/promises";
import { type Backoff, backoffMs } from "../shared/core/backoff.ts";
import { describeError } from "./log.ts";

export type WireReply =
  | { readonly kind: "ok"; readonly body: unknown }
  /** The server answered and will answer the same again. `code` is that of the problem document. */
  | { readonly kind: "refused"; readonly status: number; readonly code: string | null }
  /** Nobody answered, or the server cannot now. */
  | { readonly kind: "unavailable"; readonly detail: string };

export type WireRequest = {
  readonly method: "POST" | "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** Waits between tries: from half a second to fifteen. */
export const WIRE_BACKOFF: Backoff = { initialIntervalMs: 500, backoffCoefficient: 2, maximumIntervalMs: 15_000 };

const REPEATABLE_STATUS = new Set([408, 425, 429]);

/** Throws only when `signal` aborts. */
export async function exchange(request: WireRequest): Promise<WireReply> {
  const { method, url, headers, body, timeoutMs, signal } = request;
  try {
    const response = await fetch(url, {
      method,
      headers,
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = await response.text();
    if (response.ok) return { kind: "ok", body: parseJson(text) };
    if (response.status >= 500 || REPEATABLE_STATUS.has(response.status)) {
      return { kind: "unavailable", detail: `status ${response.status}` };
    }
    return { kind: "refused", status: response.status, code: problemCode(parseJson(text)) };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "unavailable", detail: describeError(error) };
  }
}

/** Sleeps before repetition number `attempt`; throws when `signal` aborts. */
export async function waitBefore(attempt: number, signal: AbortSignal, policy: Backoff = WIRE_BACKOFF): Promise<void> {
  await delay(backoffMs(policy, attempt, Math.random()), undefined, { signal });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Not JSON: the schema of the caller refuses null.
  }
}

function problemCode(body: unknown): string | null {
  if (typeof body !== "object" || body === null || !("code" in body)) return null;
  return typeof body.code === "string" ? body.code : null;
}
