/** Moments that may be cuts, found while frames come in. Pure. */

/** A change and when it was complete: `atMs` is the time of the first frame after it. */
export type Change = { readonly atMs: number; readonly change: number };

/** A change that is larger than those around it, whose mean is `around`. */
export type CutCandidate = Change & { readonly around: number };

/** PERSISTED CONTRACT: part of saved states. */
export type CutSearch = {
  /** The last changes, oldest first, of which the middle one is looked at next. */
  readonly window: readonly Change[];
  readonly candidates: readonly CutCandidate[];
  /** Smaller changes are not kept; rises when there are too many. */
  readonly least: number;
};

/** Frames farther apart do not show one motion: each change of a slide show stands for itself. */
const NEAR_MS = 500;

const SIDE = 2;
const WINDOW = 2 * SIDE + 1;
/** Far under any threshold for cuts: noise. */
const LEAST_CHANGE = 4;
/** Enough for ten hours with a cut every nine seconds. */
const MAX_CANDIDATES = 4000;

export const NO_CUTS: CutSearch = { window: [], candidates: [], least: LEAST_CHANGE };

/** The search with one more frame's change. */
export function extendCuts(search: CutSearch, change: Change): CutSearch {
  const window = [...search.window, change].slice(-WINDOW);
  const middle = window.length < WINDOW ? window.length - 1 - SIDE : SIDE;
  return kept({ ...search, window }, candidateAt(window, middle));
}

/** All candidates, those of the last frames too. */
export function allCandidates(search: CutSearch): readonly CutCandidate[] {
  const { window } = search;
  const first = Math.max(0, window.length - SIDE);
  let whole = search;
  for (let index = first; index < window.length; index += 1) whole = kept(whole, candidateAt(window, index));
  return whole.candidates;
}

function candidateAt(window: readonly Change[], index: number): CutCandidate | null {
  const change = window[index];
  if (change === undefined) return null;
  const others = window.filter(
    (other, at) => at !== index && Math.abs(at - index) <= SIDE && Math.abs(other.atMs - change.atMs) <= NEAR_MS,
  );
  if (others.some((other) => other.change > change.change)) return null;
  const around = others.reduce((sum, other) => sum + other.change, 0) / Math.max(1, others.length);
  return { ...change, around };
}

function kept(search: CutSearch, candidate: CutCandidate | null): CutSearch {
  if (candidate === null || candidate.change < search.least) return search;
  const candidates = [...search.candidates, candidate];
  if (candidates.length <= MAX_CANDIDATES) return { ...search, candidates };
  const sizes = candidates.map((each) => each.change).sort((a, b) => a - b);
  const least = sizes[Math.floor(sizes.length / 2)] ?? search.least;
  return { ...search, least, candidates: candidates.filter((each) => each.change >= least) };
}
