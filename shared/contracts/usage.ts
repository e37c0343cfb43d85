/** What a tenant's jobs have used: what a job tells at its end, and the sum per day. */

/** Told once per job by its end; telling it again changes nothing. */
export type Settlement = {
  readonly jobId: string;
  readonly assetId: string;
  /** Every attempt that began, with its own start and end in milliseconds since 1970. */
  readonly attempts: readonly { readonly number: number; readonly startedAtMs: number; readonly endedAtMs: number }[];
  /** Milliseconds of compute, all attempts together. */
  readonly computeMs: number;
};

export type UsageDay = {
  /** `YYYY-MM-DD` in UTC: the day the last attempt of the job ended. */
  readonly day: string;
  readonly jobs: number;
  readonly computeMs: number;
};

export interface UsageRpc {
  /** Jobs and compute per day (UTC), newest first; at most 400 days. */
  usage(): Promise<UsageDay[]>;
}
