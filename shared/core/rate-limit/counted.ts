/** What an algorithm answers. Durations count from the moment of the question; all are whole milliseconds. */
export type Count = {
  readonly allowed: boolean;
  /** Whole units that could still be taken now, after this one when it was allowed. */
  readonly remaining: number;
  /** Until the whole quota is there again, if nobody takes; 0 when it is. */
  readonly resetMs: number;
  /** Until this cost would be allowed, if nobody takes; 0 when it is allowed, `Infinity` when it never is. */
  readonly retryAfterMs: number;
};

export type Counted<State> = Count & { readonly state: State };
