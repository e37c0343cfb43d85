/** Shots from the changes between frames. Pure. */
import type { CutCandidate } from "./cut-candidates.ts";
import type { Runs } from "./runs.ts";

/** `score` says how clear the cut at its beginning is, 0 to 1; the first shot has 1. */
export type Shot = { readonly startMs: number; readonly endMs: number; readonly score: number };

/** Mean change of a picture that makes a cut, of 255. */
const CUT_CHANGE = 12;
/** And that many times the changes around it: fast motion changes every frame alike. */
const CUT_CONTRAST = 3;
/** A change this large is a clear cut. */
const CLEAR_CHANGE = 60;
/** Two cuts nearer than this are one, such as the two edges of a flash. */
const LEAST_SHOT_MS = 400;

/** Of more cuts the clearest are kept. */
const MAX_CUTS = 1000;

type Cut = { readonly atMs: number; readonly score: number };

/** The shots of the time from `startMs` to `endMs`, without gap or overlap. A slow fade through black is a cut too. */
export function shotsOf(
  candidates: readonly CutCandidate[],
  black: Runs["closed"],
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): Shot[] {
  const hard = candidates
    .filter(({ change, around }) => change >= CUT_CHANGE && change >= CUT_CONTRAST * around)
    .sort((a, b) => b.change - a.change)
    .slice(0, MAX_CUTS)
    .map(({ atMs, change }): Cut => ({ atMs, score: Math.min(1, change / CLEAR_CHANGE) }));
  const faded = black
    .filter(([from, to]) => !hard.some(({ atMs }) => atMs >= from - LEAST_SHOT_MS && atMs <= to + LEAST_SHOT_MS))
    .map(([from, to]): Cut => ({ atMs: (from + to) / 2, score: 0.5 }));
  const cuts: Cut[] = [{ atMs: startMs, score: 1 }];
  for (const cut of [...hard, ...faded].sort((a, b) => a.atMs - b.atMs)) {
    const last = cuts.at(-1);
    if (last !== undefined && cut.atMs - last.atMs >= LEAST_SHOT_MS && endMs - cut.atMs >= LEAST_SHOT_MS / 2) {
      cuts.push(cut);
    }
  }
  return cuts.map(({ atMs, score }, index) => ({ startMs: atMs, endMs: cuts[index + 1]?.atMs ?? endMs, score }));
}
