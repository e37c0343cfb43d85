/** Tags of TIFF 6.0 and Exif 2.32 turned into metadata. */
import type { MetadataDraft } from "./finding.ts";
import type { Ifd } from "./ifd.ts";

/** What the directories of one picture say. Absent or impossible values are left out. */
export function exifMetadata(image: Ifd, exif: Ifd | null, gps: Ifd | null): MetadataDraft {
  return {
    orientation: image.number(0x0112),
    cameraMake: image.text(0x010f),
    cameraModel: image.text(0x0110),
    software: image.text(0x0131),
    artist: image.text(0x013b),
    ...(exif === null ? {} : exposure(exif)),
    ...(gps === null ? {} : position(gps)),
  };
}

function exposure(exif: Ifd): MetadataDraft {
  const flash = exif.number(0x9209);
  return {
    takenAt: isoInstant(exif.text(0x9003) ?? exif.text(0x9004)),
    exposureSeconds: positive(exif.number(0x829a)),
    fNumber: positive(exif.number(0x829d)),
    iso: positive(exif.number(0x8827) ?? exif.number(0x8833)),
    focalLengthMm: positive(exif.number(0x920a)),
    flashFired: flash === null ? null : (flash & 1) === 1,
    lensModel: exif.text(0xa434),
  };
}

function position(gps: Ifd): MetadataDraft {
  const latitude = degrees(gps, 2, 1, "S");
  const longitude = degrees(gps, 4, 3, "W");
  const altitude = gps.number(6);
  const below = gps.number(5) === 1;
  return {
    ...(latitude === null || longitude === null ? {} : { latitude, longitude }),
    altitudeMetres: altitude === null ? null : below ? -altitude : altitude,
  };
}

/** Degrees, minutes and seconds as one number; later parts may be missing or of denominator 0. */
function degrees(gps: Ifd, tag: number, referenceTag: number, negative: string): number | null {
  const parts = gps.numbers(tag);
  const [whole, minutes, seconds] = parts;
  if (whole === undefined || !Number.isFinite(whole)) return null;
  const finite = (value: number | undefined): number => (value !== undefined && Number.isFinite(value) ? value : 0);
  const value = whole + finite(minutes) / 60 + finite(seconds) / 3600;
  return gps.text(referenceTag)?.toUpperCase().startsWith(negative) === true ? -value : value;
}

/** `2018:02:05 15:11:44` as `2018-02-05T15:11:44`; a camera with an unset clock writes zeros or blanks: `null`. */
function isoInstant(exif: string | null): string | null {
  const parts =
    exif === null ? null : /^(\d{4})[:\-/.](\d{2})[:\-/.](\d{2})[ T](\d{2}):(\d{2}):(\d{2})/.exec(exif.trim());
  if (parts === null || parts[1] === "0000") return null;
  const [, year, month, day, hour, minute, second] = parts;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}`;
}

function positive(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value > 0 ? value : null;
}
