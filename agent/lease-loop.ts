/** Asks for work, one attempt after the other; an agent runs as many of these loops as it does attempts at a time. */
import type { JobLease } from "../shared/contracts/agent.ts";
import type { PoolClient } from "./client.ts";
import { waitBefore } from "./wire-request.ts";

/** Longest wait for work in one request; the contract allows 25 s. */
const WAIT_SECONDS = 20;

export type LeaseLoop = {
  readonly agentId: string;
  readonly client: Pick<PoolClient, "lease">;
  /** Leasing ends; an attempt under way is not touched. */
  readonly signal: AbortSignal;
  /** Registers anew when the pool has forgotten this agent. */
  readonly register: () => Promise<unknown>;
  /** Does not reject. */
  readonly work: (lease: JobLease) => Promise<unknown>;
};

/** Resolves when `signal` aborts. Throws `NotAuthorized`. */
export async function leaseLoop({ agentId, client, signal, register, work }: LeaseLoop): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const granted = await client.lease({ agentId, waitSeconds: WAIT_SECONDS }, signal);
      if (granted === "unavailable" || granted === "unknown_agent") {
        failures += 1;
        await waitBefore(failures, signal);
        if (granted === "unknown_agent") await register();
        continue;
      }
      failures = 0;
      if (granted !== null) await work(granted);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
