/** One route that does nothing, three times in one Worker: they differ in what stands before it. */
export const PATHS = {
  /** Outside of `/v1`: neither authentication nor limits are mounted, nor the audit of refusals. */
  unmounted: "/v0/nothing",
  /** Under `/v1`, open to everybody, and no rule counts it. */
  open: "/v1/open/nothing",
  /** All that stands before the routes of `/v1`. */
  guarded: "/v1/nothing",
} as const;

/** Calls to objects by name (`Tenant.authenticate`), since the Worker began. */
export type GatewayCalls = Readonly<Record<string, number>>;
