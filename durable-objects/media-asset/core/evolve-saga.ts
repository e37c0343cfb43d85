import { assertNever } from "../../../shared/core/exhaustive.ts";
import type { EventOf } from "./events.ts";
import type { SagaState, SagaStep } from "./saga.ts";
import { type LiveAsset, withoutResults } from "./state.ts";

type SagaEvent = EventOf<"SagaStarted" | "SagaStepDone" | "SagaStepFailed" | "SagaRetried" | "SagaAbandoned">;

export function evolveSaga(state: LiveAsset, event: SagaEvent, atMs: number): LiveAsset {
  if (event.type === "SagaStarted") {
    const { saga: number, kind, compensating, steps } = event.data;
    const saga: SagaState = {
      number,
      kind,
      compensating,
      steps,
      status: compensating ? "compensating" : "running",
      done: 0,
      attempts: 0,
      reason: null,
      retryAtMs: null,
      startedAtMs: atMs,
      endedAtMs: null,
    };
    return { ...state, saga, sagaCount: number };
  }
  const { saga } = state;
  if (saga === null) return state;
  switch (event.type) {
    case "SagaStepDone":
      return effectOf({ ...state, saga: advanced(saga, atMs) }, event.data.step);
    case "SagaStepFailed": {
      const { attempt: attempts, reason, retryAtMs } = event.data;
      const status = retryAtMs === null ? "stuck" : saga.status;
      return { ...state, saga: { ...saga, status, attempts, reason, retryAtMs } };
    }
    case "SagaRetried":
      return {
        ...state,
        saga: { ...saga, status: saga.compensating ? "compensating" : "running", attempts: 0, retryAtMs: null },
      };
    case "SagaAbandoned":
      return {
        ...state,
        saga: { ...saga, status: "abandoned", reason: event.data.reason, retryAtMs: null, endedAtMs: atMs },
      };
    default:
      return assertNever(event);
  }
}

function advanced(saga: SagaState, atMs: number): SagaState {
  const next = { ...saga, done: saga.done + 1, attempts: 0, reason: null, retryAtMs: null };
  if (next.done < saga.steps.length) return next;
  return { ...next, status: saga.compensating ? "compensated" : "completed", endedAtMs: atMs };
}

/** What is gone once the step is done. */
function effectOf(state: LiveAsset, step: SagaStep): LiveAsset {
  switch (step) {
    case "cancel-jobs":
      return { ...state, openJobs: [] };
    case "abort-multipart":
      return { ...state, upload: null };
    case "drop-findings":
    case "delete-insights":
      return withoutResults(state);
    case "delete-blobs":
      return { ...state, content: null };
    case "sweep-blobs":
    case "delete-cache":
    case "delete-index":
      return state;
  }
}
