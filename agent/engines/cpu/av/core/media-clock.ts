/** Turns the time stamps of frames into a time that only goes forward, whatever a damaged file claims. Pure. */

/** PERSISTED CONTRACT: part of saved states. */
export type MediaClock = {
  /** Time of the last frame; null before the first. */
  readonly lastMs: number | null;
  /** What is added to time stamps since the last jump. */
  readonly shiftMs: number;
  /** Whether every frame had a time stamp that could be used as it is; only then can a place be found by its time. */
  readonly isTrue: boolean;
};

export const STOPPED_CLOCK: MediaClock = { lastMs: null, shiftMs: 0, isTrue: true };

/** A longer jump than this past the end of the medium is damage and no pause. */
const MAX_JUMP_MS = 60_000;

/** The clock at a frame stamped `stampMs` (null: no stamp) that follows one shown for `frameMs`. */
export function tick(
  clock: MediaClock,
  stampMs: number | null,
  { frameMs, durationMs }: { readonly frameMs: number; readonly durationMs: number | null },
): MediaClock & { readonly lastMs: number } {
  const { lastMs, shiftMs, isTrue } = clock;
  if (lastMs === null) {
    const ownMs = Math.max(0, stampMs ?? 0);
    const isLate = isTooFar(ownMs, 0, durationMs);
    const firstMs = isLate ? 0 : ownMs;
    return { lastMs: firstMs, shiftMs: firstMs - (stampMs ?? 0), isTrue: firstMs === stampMs };
  }
  const expectedMs = lastMs + frameMs;
  if (stampMs === null) return { lastMs: expectedMs, shiftMs, isTrue: false };
  const shiftedMs = stampMs + shiftMs;
  if (shiftedMs > lastMs && !isTooFar(shiftedMs, lastMs, durationMs)) return { lastMs: shiftedMs, shiftMs, isTrue };
  return { lastMs: expectedMs, shiftMs: expectedMs - stampMs, isTrue: false };
}

function isTooFar(ms: number, lastMs: number, durationMs: number | null): boolean {
  return ms - lastMs > MAX_JUMP_MS && ms > (durationMs ?? 0) + MAX_JUMP_MS;
}
