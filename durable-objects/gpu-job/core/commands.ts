import type { FailureCause, Report, StepOutcome } from "../../../shared/contracts/agent.ts";
import type { Reason } from "../../../shared/contracts/media.ts";
import type { JobSpec } from "./spec.ts";
import type { Placement } from "./state.ts";

export type JobCommand =
  | { readonly type: "submit"; readonly jobId: string; readonly spec: JobSpec }
  | { readonly type: "confirm" }
  | { readonly type: "start-attempt"; readonly placement: Placement; readonly engine: string | null }
  | { readonly type: "place-attempt"; readonly attempt: number; readonly externalId: string }
  | { readonly type: "report"; readonly attempt: number; readonly report: Report }
  /** What a provider says when it is asked. */
  | { readonly type: "observe-running"; readonly attempt: number }
  | { readonly type: "observe-outcome"; readonly attempt: number; readonly outcome: StepOutcome }
  | { readonly type: "observe-success"; readonly attempt: number }
  | {
      readonly type: "end-attempt";
      readonly attempt: number;
      readonly cause: FailureCause;
      readonly reason: Reason;
    }
  | { readonly type: "change-priority"; readonly priority: number }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "cancel" }
  /** The time to hand over is up. */
  | { readonly type: "end-grace" }
  | { readonly type: "expire" };
