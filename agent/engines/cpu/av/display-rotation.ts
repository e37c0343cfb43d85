/** Which way up a picture is shown: the display matrix of its stream. */
import { AV_PKT_DATA_DISPLAYMATRIX } from "node-av/constants";
import type { Stream } from "node-av/lib";

/** Degrees to turn the stored picture clockwise so that it is upright. */
export type RotationDegrees = 0 | 90 | 180 | 270;

/** Nine 32-bit numbers, of which the first two tell the turn. */
const MATRIX_BYTES = 36;
const QUARTERS = [0, 90, 180, 270] as const;

/** Turns that are no quarter are taken as the nearest quarter; a damaged matrix as none. */
export function rotationOf(stream: Stream): RotationDegrees {
  const matrix = stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
  if (matrix === null || matrix.length < MATRIX_BYTES) return 0;
  const degrees = (Math.atan2(matrix.readInt32LE(4), matrix.readInt32LE(0)) * 180) / Math.PI;
  const quarter = ((Math.round(degrees / 90) % 4) + 4) % 4;
  return QUARTERS[quarter] ?? 0;
}
