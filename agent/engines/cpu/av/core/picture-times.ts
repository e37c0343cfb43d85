/** Which moments of a video are worth a picture. Pure. */
import type { Runs } from "./runs.ts";
import type { Shot } from "./shots.ts";

const MAX_KEYFRAMES = 40;
const STORYBOARD_TILES = 12;

/** The moment that stands for a shot: its middle, or where the middle is black, the middle of its longest light part. */
export function keyMomentOf(shot: Shot, black: Runs["closed"]): number {
  const middle = (shot.startMs + shot.endMs) / 2;
  if (!black.some(([from, to]) => middle >= from && middle < to)) return Math.floor(middle);
  const inside = black.filter(([from, to]) => to > shot.startMs && from < shot.endMs);
  const edges = [shot.startMs, ...inside.flat(), shot.endMs];
  let best: readonly [number, number] = [middle, middle];
  for (let i = 0; i + 1 < edges.length; i += 2) {
    const [from, to] = [edges[i] ?? 0, edges[i + 1] ?? 0];
    if (to - from > best[1] - best[0]) best = [from, to];
  }
  return Math.floor((best[0] + best[1]) / 2);
}

/** The shots that get a keyframe, in order: all, or of many the longest. */
export function keyShots(shots: readonly Shot[]): readonly { readonly shot: Shot; readonly index: number }[] {
  return shots
    .map((shot, index) => ({ shot, index }))
    .sort((a, b) => b.shot.endMs - b.shot.startMs - (a.shot.endMs - a.shot.startMs) || a.index - b.index)
    .slice(0, MAX_KEYFRAMES)
    .sort((a, b) => a.index - b.index);
}

/** Moments at equal distance over the whole length, the middle of each part. */
export function storyboardMoments(startMs: number, endMs: number): number[] {
  const each = (endMs - startMs) / STORYBOARD_TILES;
  return Array.from({ length: STORYBOARD_TILES }, (_, index) => Math.floor(startMs + (index + 0.5) * each));
}
