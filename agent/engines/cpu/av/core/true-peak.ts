/**
 * True peak after ITU-R BS.1770-4 annex 2: the highest level of the signal between its samples, seen at four times the
 * sample rate. Pure.
 */

const TAPS = 12;
const PHASES = 4;
/** Samples looked at before it is decided whether they can hold a new peak. */
const CHUNK = 16;

/** Kaiser-windowed sinc, one row for each point between two samples. */
const ROWS: readonly (readonly number[])[] = [1, 2, 3].map((phase) => row(phase / PHASES));

/** No interpolated value is larger than the largest sample near it times this. */
const MOST_GAIN = Math.max(...ROWS.map((taps) => taps.reduce((sum, tap) => sum + Math.abs(tap), 0)));

/** How many samples of the past a channel has to keep. */
export const PEAK_MEMORY = TAPS - 1;

function row(fraction: number): number[] {
  const taps = Array.from({ length: TAPS }, (_, index) => {
    const distance = index - (TAPS / 2 - 1) - fraction;
    const sinc = Math.sin(Math.PI * distance) / (Math.PI * distance);
    return sinc * kaiser(distance / (TAPS / 2));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

/** Kaiser window, beta 5, at `position` -1 to 1. */
function kaiser(position: number): number {
  return bessel(5 * Math.sqrt(Math.max(0, 1 - position * position))) / bessel(5);
}

function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 30; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * The larger of `peak` and the true peak of the samples, 1 being full scale. `past` holds the last `PEAK_MEMORY`
 * samples and is carried on. Chunks that cannot hold a larger value are not interpolated: the result is the same.
 */
export function truePeakOf(peak: number, past: number[], samples: Float32Array): number {
  const line = new Float64Array(PEAK_MEMORY + samples.length);
  line.set(past);
  line.set(samples, PEAK_MEMORY);
  let highest = peak;
  for (let from = 0; from < samples.length; from += CHUNK) {
    const to = Math.min(from + CHUNK, samples.length);
    let loudest = 0;
    for (let i = from; i < to + PEAK_MEMORY; i += 1) loudest = Math.max(loudest, Math.abs(line[i] ?? 0));
    highest = Math.max(highest, loudest);
    if (loudest * MOST_GAIN > highest) highest = interpolated(line, from, to, highest);
  }
  for (let i = 0; i < PEAK_MEMORY; i += 1) past[i] = line[samples.length + i] ?? 0;
  return highest;
}

function interpolated(line: Float64Array, from: number, to: number, peak: number): number {
  const [first = [], second = [], third = []] = ROWS;
  let highest = peak;
  for (let at = from; at < to; at += 1) {
    let a = 0;
    let b = 0;
    let c = 0;
    for (let i = 0; i < TAPS; i += 1) {
      const x = line[at + i] ?? 0;
      a += x * (first[i] ?? 0);
      b += x * (second[i] ?? 0);
      c += x * (third[i] ?? 0);
    }
    highest = Math.max(highest, Math.abs(a), Math.abs(b), Math.abs(c));
  }
  return highest;
}
