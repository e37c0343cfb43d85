/** The Exif block that a picture carries: a TIFF structure of its own, inside the file. */
import { ByteView } from "../byte-view.ts";
import { exifMetadata } from "../exif-tags.ts";
import type { MetadataDraft } from "../finding.ts";
import { readTiff } from "../ifd.ts";
import type { RangeReader } from "../range-reader.ts";

const PREFIX = "Exif\0\0";

/** Metadata of the block at `[start, start + length)`; nothing when it is broken, for the picture is still a picture. */
export async function readExifBlock(reader: RangeReader, start: number, length: number): Promise<MetadataDraft> {
  const hasPrefix = new ByteView(await reader.read(start, PREFIX.length)).startsWith(PREFIX);
  const base = hasPrefix ? start + PREFIX.length : start;
  const end = start + length;
  const directories = await readTiff(async (offset, wanted) =>
    reader.read(base + offset, Math.max(0, Math.min(wanted, end - base - offset))),
  );
  return directories === null ? {} : exifMetadata(directories.image, directories.exif, directories.gps);
}
