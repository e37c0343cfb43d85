/** One route that does nothing, twice in one Worker, at paths of one length: they differ in what stands before it. */
export const PATHS = {
  /** All that stands before the routes of `/v1`, but for authentication and limits. */
  open: "/v1/open/nothing",
  /** All of it. */
  guarded: "/v1/kept/nothing",
} as const;

/** Calls to objects by name (`Tenant.authenticate`), since the Worker began. */
export type GatewayCalls = Readonly<Record<string, number>>;

/** What an isolate holds of the requests before, in the order in which it is measured. */
export const CACHES = ["API keys", "access tokens", "limits of callers", "limits of addresses"] as const;
export type Cache = (typeof CACHES)[number];

export const FILL_PATH = "/bench/fill";
