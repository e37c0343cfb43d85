/** Peak and loudness over time, thinned so that it has one size for any length. Pure. */

/** PERSISTED CONTRACT: part of saved states. Every entry of `peaks` and `squares` stands for `blocksEach` blocks. */
export type Envelope = {
  blocksEach: number;
  /** Blocks in the entry that is being filled. */
  filled: number;
  peak: number;
  square: number;
  /** Largest absolute sample, 0 to 1. */
  peaks: number[];
  /** Mean square. */
  squares: number[];
};

/** At this many entries every two become one. */
export const MAX_ENTRIES = 2400;

const DIGITS = 1e5;

export function emptyEnvelope(): Envelope {
  return { blocksEach: 1, filled: 0, peak: 0, square: 0, peaks: [], squares: [] };
}

/** Adds a block, changing `envelope`. */
export function extendEnvelope(envelope: Envelope, peak: number, meanSquare: number): void {
  envelope.peak = Math.max(envelope.peak, peak);
  envelope.square += meanSquare;
  envelope.filled += 1;
  if (envelope.filled < envelope.blocksEach) return;
  envelope.peaks.push(Math.round(envelope.peak * DIGITS) / DIGITS);
  envelope.squares.push(Number((envelope.square / envelope.filled).toPrecision(5)));
  Object.assign(envelope, { filled: 0, peak: 0, square: 0 });
  if (envelope.peaks.length < MAX_ENTRIES) return;
  envelope.peaks = inPairs(envelope.peaks, Math.max);
  envelope.squares = inPairs(envelope.squares, (a, b) => (a + b) / 2);
  envelope.blocksEach *= 2;
}

function inPairs(values: readonly number[], join: (a: number, b: number) => number): number[] {
  const joined: number[] = [];
  for (let i = 0; i + 1 < values.length; i += 2) joined.push(join(values[i] ?? 0, values[i + 1] ?? 0));
  return joined;
}

/** The envelope as `count` columns over the whole length, each with its peak and RMS, 0 to 1; none for no sound. */
export function columnsOf(envelope: Envelope, count: number): { readonly peak: number; readonly rms: number }[] {
  const isOpen = envelope.filled > 0;
  const peaks = isOpen ? [...envelope.peaks, envelope.peak] : envelope.peaks;
  const squares = isOpen ? [...envelope.squares, envelope.square / envelope.filled] : envelope.squares;
  if (peaks.length === 0) return [];
  return Array.from({ length: count }, (_, column) => {
    const from = Math.floor((column * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((column + 1) * peaks.length) / count));
    const square = squares.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
    return { peak: Math.max(...peaks.slice(from, to)), rms: Math.sqrt(square) };
  });
}
