/**
 * How the simulated providers treat runs, as their documentation has it (read November 2026). What matters here is how
 * long a result is kept after its end, how webhooks are repeated, and how a submission without an answer is found again.
 */
export type ProviderTraits = {
  readonly name: string;
  /** Milliseconds after the end of a run for which its result can be asked for. */
  readonly retentionMs: number;
  /** Tries of a webhook in all, and the time between them; none where there are no webhooks. */
  readonly webhook: { readonly tries: number; readonly gapMs: number } | null;
  /** What a run is expected to take there: the synchronous queue waits 90 seconds by default, and is for short ones. */
  readonly typicalRunMs: number;
  /** `list`: runs can be looked up by label. `name`: the label is the run's name, and a second submission finds it. */
  readonly identity: "list" | "name";
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const PROVIDERS: readonly [ProviderTraits, ...ProviderTraits[]] = [
  // Asynchronous results are kept for 30 minutes; a webhook is tried three times, ten seconds apart.
  {
    name: "runpod",
    retentionMs: 30 * MINUTE_MS,
    webhook: { tries: 3, gapMs: 10_000 },
    typicalRunMs: 2 * MINUTE_MS,
    identity: "list",
  },
  // Results of the synchronous queue are kept for one minute.
  { name: "runpod-sync", retentionMs: MINUTE_MS, webhook: null, typicalRunMs: MINUTE_MS / 2, identity: "list" },
  // Outputs are deleted after one hour; the last webhook is repeated about twelve times in five minutes.
  {
    name: "replicate",
    retentionMs: HOUR_MS,
    webhook: { tries: 12, gapMs: 25_000 },
    typicalRunMs: 2 * MINUTE_MS,
    identity: "list",
  },
  // Results of 10 KB and more are kept for six minutes; a webhook is tried ten times within two hours.
  {
    name: "fal",
    retentionMs: 6 * MINUTE_MS,
    webhook: { tries: 10, gapMs: 12 * MINUTE_MS },
    typicalRunMs: 2 * MINUTE_MS,
    identity: "list",
  },
  // Tasks are kept for seven days; their id is chosen by the client.
  { name: "azure-batch", retentionMs: 7 * 24 * HOUR_MS, webhook: null, typicalRunMs: 2 * MINUTE_MS, identity: "name" },
  // `ttlSecondsAfterFinished`, set by whoever creates the Job; its name is chosen by the client.
  { name: "kubernetes", retentionMs: 10 * MINUTE_MS, webhook: null, typicalRunMs: 2 * MINUTE_MS, identity: "name" },
];
