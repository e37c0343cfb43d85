/**
 * What presenting a refresh token of some generation does to its session. Pure.
 *
 * R1 A token is used once: that gives the next generation.
 * R2 The one just before gives the same successor again for 30 s after its use: an answer was lost, or several asked at
 *    once.
 * R3 Any other generation that is genuine was used before by somebody else, or copied: the session ends.
 */
const GRACE_MS = 30_000;

export type Family = {
  /** Of the newest token. */
  readonly generation: number;
  /** When that was given out for the first time. */
  readonly refreshedAtMs: number;
};

export type Rotation = { readonly kind: "next" | "same"; readonly family: Family } | { readonly kind: "end" };

/** `generation` is that of a genuine token of this session. */
export function rotate(family: Family, generation: number, nowMs: number): Rotation {
  if (generation === family.generation) {
    return { kind: "next", family: { generation: generation + 1, refreshedAtMs: nowMs } };
  }
  const repeats = generation === family.generation - 1 && nowMs - family.refreshedAtMs <= GRACE_MS;
  return repeats ? { kind: "same", family } : { kind: "end" };
}
