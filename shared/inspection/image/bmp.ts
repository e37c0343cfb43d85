/** BMP: Windows headers of any length, and the 12-byte header of OS/2 with its 16-bit sizes. */
import { ByteView } from "../byte-view.ts";
import { type Finding, rejected } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";

/** Refuses a header that is cut (`truncated`) or of no pixels (`unreadable`). */
export async function inspectBmp(reader: RangeReader): Promise<Finding> {
  const view = new ByteView(await reader.read(0, 138));
  const isOs2 = view.length >= 18 && view.u32(14, true) === 12;
  if (view.length < (isOs2 ? 26 : 30)) return rejected("truncated", "the picture ends inside its header");
  const width = isOs2 ? view.u16(18, true) : Math.abs(view.i32(18, true));
  const height = isOs2 ? view.u16(20, true) : Math.abs(view.i32(22, true));
  if (width === 0 || height === 0) return rejected("unreadable", "the picture has no pixels");
  const bitDepth = view.u16(isOs2 ? 24 : 28, true);
  // Only a version 5 header (124 bytes) can hold a profile: linked (LINK) or embedded (MBED).
  const profile = view.length >= 74 && view.u32(14, true) >= 124 ? view.latin1(70, 4) : "";
  return {
    metadata: {
      width,
      height,
      bitDepth,
      isAnimated: false,
      hasXmp: false,
      hasIccProfile: profile === "DEBM" || profile === "KNIL",
    },
  };
}
