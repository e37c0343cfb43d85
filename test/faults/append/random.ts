/** Numbers in [0, 1) that follow from the seed (xorshift, 32 bits): the same seed makes the same choices again. */
export function randomFrom(seed: number): () => number {
  let state = (seed ^ 0x9e37_79b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
