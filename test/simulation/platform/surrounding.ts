/** What the parts of the simulated platform share. */
import type { Faults } from "../faults.ts";
import type { Trace } from "../trace.ts";
import type { Network } from "./network.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

export type Surrounding = {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly faults: Faults;
  /** Draws what a fault looks like once it has struck. */
  readonly faultRandom: Random;
  readonly trace: Trace;
  readonly env: Env;
  /** Milliseconds until a turn's writes are durable. */
  flushMs(): number;
  /** An error that nobody caught. */
  fault(who: string, error: unknown): void;
};
