/**
 * The K-weighting of ITU-R BS.1770-4: a shelf for the head and a high-pass, as two biquads in series.
 *
 * Pure. The recommendation prints coefficients for 48 kHz only; the analogue prototypes behind them give those of any
 * other rate by the bilinear transform, and at 48 kHz the printed ones.
 */

/** `y = b0 x + b1 x1 + b2 x2 - a1 y1 - a2 y2`. */
export type Biquad = {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
};

/** Centre in Hz, gain in dB and quality of the prototype of the shelf. */
const SHELF = { hertz: 1681.974450955533, gainDb: 3.999843853973347, quality: 0.7071752369554196 };
/** The share of the gain that the shelf has in its middle. */
const SHELF_MIDDLE = 0.4996667741545416;
const HIGH_PASS = { hertz: 38.13547087602444, quality: 0.5003270373238773 };

/** Values that one channel's filter remembers: two for each biquad. */
export const FILTER_MEMORY = 4;

/** Both biquads for a sample rate in Hz. */
export function kWeighting(sampleRateHz: number): readonly [shelf: Biquad, highPass: Biquad] {
  return [shelf(sampleRateHz), highPass(sampleRateHz)];
}

function shelf(sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * SHELF.hertz) / sampleRateHz);
  const high = 10 ** (SHELF.gainDb / 20);
  const middle = high ** SHELF_MIDDLE;
  const damped = k / SHELF.quality;
  const a0 = 1 + damped + k * k;
  return {
    b0: (high + middle * damped + k * k) / a0,
    b1: (2 * (k * k - high)) / a0,
    b2: (high - middle * damped + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - damped + k * k) / a0,
  };
}

function highPass(sampleRateHz: number): Biquad {
  const k = Math.tan((Math.PI * HIGH_PASS.hertz) / sampleRateHz);
  const damped = k / HIGH_PASS.quality;
  const a0 = 1 + damped + k * k;
  return { b0: 1, b1: -2, b2: 1, a1: (2 * (k * k - 1)) / a0, a2: (1 - damped + k * k) / a0 };
}

/**
 * The energy (sum of squares) of the weighted samples `from` to `to`, added to `sum`. `memory` holds `FILTER_MEMORY`
 * numbers and is carried on: however a signal is cut into pieces, its energy is the same, but for
 * silence under 1e-28, which is settled to zero at the end of a piece.
 */
export function addWeightedEnergy(
  [first, second]: readonly [Biquad, Biquad],
  memory: number[],
  samples: Float32Array,
  range: { readonly from: number; readonly to: number },
  sum: number,
): number {
  let [s1 = 0, s2 = 0, t1 = 0, t2 = 0] = memory;
  let energy = sum;
  for (let i = range.from; i < range.to; i += 1) {
    const x = samples[i] ?? 0;
    const shelved = first.b0 * x + s1;
    s1 = first.b1 * x - first.a1 * shelved + s2;
    s2 = first.b2 * x - first.a2 * shelved;
    const passed = shelved + t1;
    t1 = second.b1 * shelved - second.a1 * passed + t2;
    t2 = second.b2 * shelved - second.a2 * passed;
    energy += passed * passed;
  }
  // Numbers this small are silence; as denormals they would make every later step slow.
  const settle = (value: number): number => (Math.abs(value) < 1e-30 ? 0 : value);
  [memory[0], memory[1], memory[2], memory[3]] = [s1, s2, t1, t2];
  if (Math.abs(s1) + Math.abs(s2) + Math.abs(t1) + Math.abs(t2) < 1e-28) {
    memory.forEach((value, index) => {
      memory[index] = settle(value);
    });
  }
  return energy;
}
