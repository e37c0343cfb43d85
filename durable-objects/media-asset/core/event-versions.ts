import type { AssetEvent } from "./events.ts";

/** Every type of event with the number of its newest shape. */
export const EVENT_VERSIONS: { readonly [Type in AssetEvent["type"]]: Extract<AssetEvent, { type: Type }>["version"] } =
  {
    AssetCreated: 2,
    UploadBegun: 1,
    MultipartNoted: 1,
    ContentStored: 1,
    UploadFailed: 1,
    UploadCompleted: 1,
    UploadExpired: 1,
    AssetInspected: 1,
    AssetRefused: 1,
    AnalysisStarted: 2,
    JobsPlanned: 1,
    JobEnded: 1,
    AnalysisAdvanced: 1,
    StepFinished: 2,
    StepReopened: 1,
    AnalysisFinished: 2,
    AnalysisRestarted: 1,
    AssetDeleted: 2,
    AssetRestored: 1,
    SagaStarted: 1,
    SagaStepDone: 1,
    SagaStepFailed: 1,
    SagaRetried: 1,
    SagaAbandoned: 1,
    AssetPurged: 1,
  };
