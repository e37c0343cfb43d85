/** AMR and AMR-WB storage format (RFC 4867 section 5): 20 ms frames whose first byte tells their length. */
import { ByteView } from "../byte-view.ts";
import type { Finding } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";

const NARROW_BYTES = [13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1];
const WIDE_BYTES = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1];
const FRAME_SECONDS = 0.02;
/** Longer recordings are estimated from what was counted. */
const COUNTED_BYTES = 512 * 1024;

/** Accepts always; recordings of more than 512 KiB have an estimated duration. */
export async function inspectAmr(reader: RangeReader): Promise<Finding> {
  const view = new ByteView(await reader.read(0, COUNTED_BYTES));
  const isWide = view.startsWith("#!AMR-WB");
  const isMulti = view.startsWith(isWide ? "#!AMR-WB_MC" : "#!AMR_MC");
  const sizes = isWide ? WIDE_BYTES : NARROW_BYTES;
  const sound = { container: "AMR", audioCodec: isWide ? "amr_wb" : "amr_nb", sampleRateHz: isWide ? 16_000 : 8000 };
  if (isMulti) return { metadata: sound };
  const from = isWide ? 9 : 6;
  let frames = 0;
  let at = from;
  while (at < view.length) {
    at += sizes[(view.u8(at) >> 3) & 15] ?? 1;
    frames += 1;
  }
  const isWhole = view.length === reader.sizeBytes;
  const scale = isWhole ? 1 : (reader.sizeBytes - from) / (view.length - from);
  return {
    metadata: {
      ...sound,
      channels: 1,
      durationSeconds: frames * FRAME_SECONDS * scale,
      durationSource: isWhole ? "computed" : "estimated",
    },
  };
}
