/** How the steps of a saga went, and what an operator makes of one that is stuck. Pure. */
import { ok, refuse } from "../../../shared/core/result.ts";
import type { SagaCommand } from "./commands.ts";
import { type Decision, NOTHING } from "./decision.ts";
import { event } from "./events.ts";
import { currentStep, isWorking, sagaRetryMs, type SagaState } from "./saga.ts";
import type { LiveAsset } from "./state.ts";

const notStuck: Decision = refuse({ code: "saga_not_stuck", detail: "Nothing of this asset waits for an operator." });

export function decideSaga(state: LiveAsset, command: SagaCommand, nowMs: number): Decision {
  const { saga } = state;
  switch (command.type) {
    case "retry-saga":
      if (isWorking(saga)) return NOTHING;
      return saga?.status === "stuck" ? ok([event("SagaRetried", { saga: saga.number })]) : notStuck;
    case "abandon-saga": {
      if (saga?.status === "abandoned") return NOTHING;
      if (saga?.status !== "stuck") return notStuck;
      const reason = saga.reason ?? { code: "abandoned", detail: "An operator gave it up." };
      return ok([event("SagaAbandoned", { saga: saga.number, reason })]);
    }
    case "saga-step-done":
    case "saga-step-failed":
      return decideStep(saga, command, nowMs);
  }
}

type StepCommand = Extract<SagaCommand, { type: "saga-step-done" | "saga-step-failed" }>;

/** The outcome of another step, or of an earlier saga, changes nothing. */
function decideStep(saga: SagaState | null, command: StepCommand, nowMs: number): Decision {
  const step = currentStep(saga);
  if (saga === null || step === null || saga.number !== command.saga || step !== command.step) return NOTHING;
  if (command.type === "saga-step-failed") {
    const attempt = saga.attempts + 1;
    const wait = sagaRetryMs(attempt);
    const retryAtMs = wait === null ? null : nowMs + wait;
    return ok([event("SagaStepFailed", { saga: saga.number, step, attempt, reason: command.reason, retryAtMs })]);
  }
  const done = event("SagaStepDone", { saga: saga.number, step });
  const isLast = saga.done + 1 === saga.steps.length;
  return ok(isLast && saga.kind === "purge" ? [done, event("AssetPurged", {})] : [done]);
}
