/** How much each channel counts in loudness (ITU-R BS.1770-4, table 4). Pure. */

const SURROUND_WEIGHT = 1.41;
/** Bits of FFmpeg's channel mask: the bass channels count nothing. */
const BASS = [3, 35];
/** Back left and right, back centre, side left and right, top back, wide and surround direct. */
const SURROUND = [4, 5, 8, 9, 10, 15, 16, 17, 33, 34];
/** Where the layout is not told, six channels or more are taken in the usual order of 5.1. */
const USUAL_MASK = 0x3fn;

/** One weight for each of `count` channels, in the order of the bits of `mask`; 0 for a mask that is not known. */
export function channelWeights(count: number, mask: bigint): number[] {
  const known = mask === 0n && count >= 6 ? USUAL_MASK : mask;
  const bits = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => ((known >> BigInt(bit)) & 1n) === 1n);
  return Array.from({ length: count }, (_, index) => {
    const bit = bits[index] ?? 0;
    return BASS.includes(bit) ? 0 : SURROUND.includes(bit) ? SURROUND_WEIGHT : 1;
  });
}
