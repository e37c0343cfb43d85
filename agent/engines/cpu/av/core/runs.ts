/** Stretches of time in which something holds: darkness, silence. Pure. */

/** PERSISTED CONTRACT: part of saved states. `open` is the stretch that may still go on. */
export type Runs = {
  readonly closed: readonly (readonly [startMs: number, endMs: number])[];
  readonly open: readonly [startMs: number, endMs: number] | null;
};

export const NO_RUNS: Runs = { closed: [], open: null };

/** More are not kept: a medium that flickers for hours has no stretches worth naming. */
const MAX_RUNS = 1000;

/** The next moment, which begins at `startMs` and ends at `endMs`; stretches shorter than `leastMs` are forgotten. */
export function extendRuns(
  runs: Runs,
  moment: { readonly holds: boolean; readonly startMs: number; readonly endMs: number },
  leastMs: number,
): Runs {
  const { open } = runs;
  if (moment.holds) return { ...runs, open: [open?.[0] ?? moment.startMs, moment.endMs] };
  return open === null ? runs : { closed: closedRuns(runs, leastMs), open: null };
}

/** All stretches, the open one ended where it is. */
export function closedRuns({ closed, open }: Runs, leastMs: number): Runs["closed"] {
  if (open === null || open[1] - open[0] < leastMs || closed.length >= MAX_RUNS) return closed;
  return [...closed, open];
}
