/**
 * Until when somebody may believe what this object has said.
 *
 * L1 An answer that may be believed is counted before it is given.
 * L2 After a wake nobody knows what was said before: everything is assumed leased for one whole lease.
 */
import { type Leased, PRINCIPAL_LEASE_MS } from "../../shared/contracts/principal.ts";

export class Leases {
  #untilMs = Date.now() + PRINCIPAL_LEASE_MS;

  /** `endsAtMs`: when what is said ends by itself, in milliseconds since 1970; the lease is no longer than that. */
  give<T>(value: T, endsAtMs: number | null = null): Leased<T> {
    const nowMs = Date.now();
    const leaseMs = Math.min(PRINCIPAL_LEASE_MS, (endsAtMs ?? Infinity) - nowMs);
    this.#untilMs = Math.max(this.#untilMs, nowMs + leaseMs);
    return { value, leaseMs };
  }

  /** Resolves when every answer given before is worthless. New ones do not prolong the wait: they say the new state. */
  async over(): Promise<void> {
    const untilMs = this.#untilMs;
    while (Date.now() < untilMs) await scheduler.wait(untilMs - Date.now());
  }
}
