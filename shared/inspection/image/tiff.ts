/** TIFF and BigTIFF: the first directory and the Exif and GPS directories, by range, wherever they stand. */
import { exifMetadata } from "../exif-tags.ts";
import { type Finding, rejected } from "../finding.ts";
import { readTiff } from "../ifd.ts";
import type { RangeReader } from "../range-reader.ts";

/** Refuses a file without a directory (`truncated`) or without a picture size in it (`unreadable`). */
export async function inspectTiff(reader: RangeReader): Promise<Finding> {
  const directories = await readTiff(async (offset, length) => reader.read(offset, length));
  if (directories === null) return rejected("truncated", "the picture's directory is missing");
  const { image, exif, gps } = directories;
  const width = image.number(0x0100);
  const height = image.number(0x0101);
  if (width === null || height === null || width < 1 || height < 1) {
    return rejected("unreadable", "the first directory has no picture size");
  }
  return {
    metadata: {
      ...exifMetadata(image, exif, gps),
      width,
      height,
      bitDepth: image.number(0x0102),
      hasAlpha: image.tags.has(0x0152),
      isAnimated: false,
      hasXmp: image.tags.has(0x02bc),
      hasIccProfile: image.tags.has(0x8773),
    },
  };
}
