/**
 * Loudness of a whole programme from a histogram of its blocks: integrated loudness of ITU-R BS.1770-4 with absolute
 * and relative gate, loudness range of EBU Tech 3342. Pure.
 *
 * A histogram is of one size whatever the length of the programme. Each bin keeps the energy of its blocks, so that
 * only the one bin that the relative gate cuts is approximate, by less than its width.
 */

/** Bin number (tenths of a LU above the absolute gate) to count and energy. PERSISTED CONTRACT: part of saved states. */
export type LoudnessHistogram = Record<string, [count: number, energy: number]>;

const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;
const RANGE_GATE_LU = -20;
const BINS_PER_LU = 10;
/** BS.1770: loudness of a mean square of 1 in one front channel. */
const OFFSET_LU = -0.691;

/** LUFS of a weighted mean square; minus infinity for 0. */
export function lufsOf(meanSquare: number): number {
  return OFFSET_LU + 10 * Math.log10(meanSquare);
}

/** Counts a block of this weighted mean square; blocks under the absolute gate are not kept. */
export function countBlock(histogram: LoudnessHistogram, meanSquare: number): void {
  const lufs = lufsOf(meanSquare);
  if (!(lufs >= ABSOLUTE_GATE_LUFS)) return;
  const bin = String(Math.floor((lufs - ABSOLUTE_GATE_LUFS) * BINS_PER_LU));
  const [count, energy] = histogram[bin] ?? [0, 0];
  histogram[bin] = [count + 1, energy + meanSquare];
}

type Bin = { readonly lufs: number; readonly count: number; readonly energy: number };

function binsOf(histogram: LoudnessHistogram): Bin[] {
  return Object.entries(histogram)
    .map(([, [count, energy]]) => ({ lufs: lufsOf(energy / count), count, energy }))
    .sort((a, b) => a.lufs - b.lufs);
}

/** LUFS of the mean over these bins; null for none. */
function meanLufs(bins: readonly Bin[]): number | null {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  return count === 0 ? null : lufsOf(bins.reduce((sum, bin) => sum + bin.energy, 0) / count);
}

/** Integrated loudness of blocks of 400 ms; null when no block is over the absolute gate. */
export function integratedLufs(histogram: LoudnessHistogram): number | null {
  const bins = binsOf(histogram);
  const ungated = meanLufs(bins);
  return ungated === null ? null : meanLufs(bins.filter((bin) => bin.lufs > ungated + RELATIVE_GATE_LU));
}

/** Loudness range in LU of blocks of 3 s: from the 10th to the 95th percentile; null when there is no such block. */
export function loudnessRangeLu(histogram: LoudnessHistogram): number | null {
  const bins = binsOf(histogram);
  const ungated = meanLufs(bins);
  if (ungated === null) return null;
  const kept = bins.filter((bin) => bin.lufs >= ungated + RANGE_GATE_LU);
  return percentile(kept, 0.95) - percentile(kept, 0.1);
}

function percentile(bins: readonly Bin[], share: number): number {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  const rank = Math.round(share * (count - 1));
  let seen = 0;
  for (const bin of bins) {
    seen += bin.count;
    if (seen > rank) return bin.lufs;
  }
  return bins.at(-1)?.lufs ?? ABSOLUTE_GATE_LUFS;
}
