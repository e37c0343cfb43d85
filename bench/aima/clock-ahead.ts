/**
 * AIMA whose jobs see a clock an hour ahead: their alarms lie an hour away on the platform's clock. For measuring what
 * many open jobs cost, without the leases of agents that the bench does not run.
 */
import { GpuJob as ProductGpuJob } from "../../workers/index.ts";

const AHEAD_MS = 3_600_000;

export * from "../../workers/index.ts";
export { QueueStandIn } from "./queue-stand-in.ts";

export class GpuJob extends ProductGpuJob {
  protected override now(): number {
    return super.now() + AHEAD_MS;
  }
}

export { default } from "./entry.ts";
