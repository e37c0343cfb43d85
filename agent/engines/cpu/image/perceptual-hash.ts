/** 64-bit hashes that stay near each other when a picture is resized, recompressed or toned. */

/** Side of the grey picture that `perceptualHash` takes. */
export const PHASH_SIDE = 32;

/** Columns and rows of the grey picture that `differenceHash` takes. */
export const DHASH_COLUMNS = 9;
export const DHASH_ROWS = 8;

const LOW_FREQUENCIES = 8;

/**
 * 16 hex digits: the signs, about their median, of the 8 x 8 lowest frequencies (without the mean) of a 32 x 32 grey
 * picture under a cosine transform. Two files of one picture differ in at most 8 bits.
 */
export function perceptualHash(grey: ArrayLike<number>): string {
  const rows = transformRows(grey, PHASH_SIDE);
  const values: number[] = [];
  for (let v = 1; v <= LOW_FREQUENCIES; v += 1) {
    for (let u = 1; u <= LOW_FREQUENCIES; u += 1) {
      let sum = 0;
      for (let y = 0; y < PHASH_SIDE; y += 1) sum += (rows[y * PHASH_SIDE + u] ?? 0) * cosine(y, v, PHASH_SIDE);
      values.push(sum);
    }
  }
  const sorted = values.toSorted((a, b) => a - b);
  const median = ((sorted[31] ?? 0) + (sorted[32] ?? 0)) / 2;
  return hex(values.map((value) => value > median));
}

/** 16 hex digits: whether each point of a 9 x 8 grey picture is brighter than its right neighbour. */
export function differenceHash(grey: ArrayLike<number>): string {
  const bits: boolean[] = [];
  for (let row = 0; row < DHASH_ROWS; row += 1) {
    for (let column = 0; column < DHASH_COLUMNS - 1; column += 1) {
      const at = row * DHASH_COLUMNS + column;
      bits.push((grey[at] ?? 0) > (grey[at + 1] ?? 0));
    }
  }
  return hex(bits);
}

function transformRows(grey: ArrayLike<number>, side: number): number[] {
  const rows = Array.from({ length: side * side }, () => 0);
  for (let y = 0; y < side; y += 1) {
    for (let u = 0; u <= LOW_FREQUENCIES; u += 1) {
      let sum = 0;
      for (let x = 0; x < side; x += 1) sum += (grey[y * side + x] ?? 0) * cosine(x, u, side);
      rows[y * side + u] = sum;
    }
  }
  return rows;
}

function cosine(position: number, frequency: number, side: number): number {
  return Math.cos(((2 * position + 1) * frequency * Math.PI) / (2 * side));
}

function hex(bits: readonly boolean[]): string {
  let digits = "";
  for (let at = 0; at < bits.length; at += 4) {
    const nibble = bits.slice(at, at + 4).reduce((value, bit) => value * 2 + (bit ? 1 : 0), 0);
    digits += nibble.toString(16);
  }
  return digits;
}
