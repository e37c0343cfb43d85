/** Files of a few hundred bytes, built field by field for the tests; none comes from a program that writes the format. */

/** A number as its big-endian bytes. */
export function be(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) % 256);
}

/** A number as its little-endian bytes. */
export function le(value: number, bytes: number): number[] {
  return be(value, bytes).toReversed();
}

/** Latin-1 text as bytes. */
export function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

/** An ISO base media box. */
export function box(type: string, ...parts: readonly number[][]): number[] {
  const body = parts.flat();
  return [...be(body.length + 8, 4), ...ascii(type), ...body];
}

const chunk = (type: string, body: number[]): number[] => [...be(body.length, 4), ...ascii(type), ...body, ...zeros(4)];

/** 640 x 480, eight bits, colour with alpha, an ICC profile and an XMP packet. */
export const PNG = Uint8Array.from([
  0x89,
  ...ascii("PNG\r\n"),
  0x1a,
  0x0a,
  ...chunk("IHDR", [...be(640, 4), ...be(480, 4), 8, 6, 0, 0, 0]),
  ...chunk("iCCP", ascii("p\0\0x")),
  ...chunk("iTXt", ascii("XML:com.adobe.xmp\0\0\0\0\0<x/>")),
  ...chunk("IDAT", [0]),
  ...chunk("IEND", []),
]);

/** Two seconds of 16-bit stereo at 8 kHz, cut after the header: `data` declares 64,000 bytes. */
export const WAV_HEADER = Uint8Array.from([
  ...ascii("RIFF"),
  ...le(64_036, 4),
  ...ascii("WAVEfmt "),
  ...le(16, 4),
  ...le(1, 2),
  ...le(2, 2),
  ...le(8000, 4),
  ...le(32_000, 4),
  ...le(4, 2),
  ...le(16, 2),
  ...ascii("data"),
  ...le(64_000, 4),
]);

/** The same with its samples. */
export const WAV = Uint8Array.from([...WAV_HEADER, ...zeros(64_000)]);

const UPRIGHT = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].flatMap((value) => be(value, 4));
/** A turn by 90 degrees clockwise, as `tkhd` writes it. */
const QUARTER_TURN = [0, 0x10000, 0, 0xffff0000, 0, 0, 0, 0, 0x40000000].flatMap((value) => be(value, 4));

function track(handler: string, entry: number[], samples: number, ticks: number): number[] {
  return box(
    "trak",
    box("tkhd", zeros(4), zeros(8), be(1, 4), zeros(24), QUARTER_TURN, be(320 * 65_536, 4), be(240 * 65_536, 4)),
    box(
      "mdia",
      box("mdhd", zeros(12), be(1000, 4), be(samples * ticks, 4), zeros(4)),
      box("hdlr", zeros(8), ascii(handler), zeros(13)),
      box(
        "minf",
        box(
          "stbl",
          box("stsd", zeros(4), be(1, 4), entry),
          box("stts", zeros(4), be(1, 4), be(samples, 4), be(ticks, 4)),
          box("stsz", zeros(4), be(1, 4), be(samples, 4)),
          box("stsc", zeros(4), be(1, 4), be(1, 4), be(samples, 4), be(1, 4)),
          box("stco", zeros(4), be(1, 4), be(0, 4)),
        ),
      ),
    ),
  );
}

const PICTURE = box("mp4v", zeros(6), be(1, 2), zeros(16), be(320, 2), be(240, 2), zeros(50));

/** Four seconds, 100 frames of MPEG-4 part 2 at 25 a second, 320 x 240 turned by a quarter. */
export function mp4(samplesDeclared = 100): Uint8Array {
  const film = track("vide", PICTURE, 100, 40);
  // The run length of `stts` stands 8 bytes behind its version.
  const at = ascii("stts");
  const start = film.findIndex((_, i) => at.every((byte, n) => film[i + n] === byte));
  film.splice(start + 12, 4, ...be(samplesDeclared, 4));
  const header = box("mvhd", zeros(12), be(1000, 4), be(4000, 4), zeros(16), UPRIGHT, zeros(28));
  return Uint8Array.from([
    ...box("ftyp", ascii("isom"), zeros(4), ascii("isom")),
    ...box("moov", header, film),
    ...box("mdat", [1, 2, 3]),
  ]);
}

const rational = (numerator: number, denominator: number): number[] => [...le(numerator, 4), ...le(denominator, 4)];
const entry = (tag: number, type: number, count: number, value: number[]): number[] => [
  ...le(tag, 2),
  ...le(type, 2),
  ...le(count, 4),
  ...value,
];

/** Orientation 6, make `Acme`, taken 2020-01-02 at f/2.8, at 45.5 degrees north and 12.25 west. */
const TIFF_BLOCK = [
  ...ascii("II*\0"),
  ...le(8, 4),
  // 8: the first directory, 4 entries; 62: its end
  ...le(4, 2),
  ...entry(0x010f, 2, 5, le(62, 4)),
  ...entry(0x0112, 3, 1, [...le(6, 2), 0, 0]),
  ...entry(0x8769, 4, 1, le(68, 4)),
  ...entry(0x8825, 4, 1, le(126, 4)),
  ...le(0, 4),
  // 62: make
  ...ascii("Acme\0"),
  0,
  // 68: Exif directory of 2 entries, then its values at 98 and 118
  ...le(2, 2),
  ...entry(0x9003, 2, 20, le(98, 4)),
  ...entry(0x829d, 5, 1, le(118, 4)),
  ...le(0, 4),
  ...ascii("2020:01:02 03:04:05\0"),
  ...rational(28, 10),
  // 126: GPS directory of 4 entries, then its values at 180 and 204
  ...le(4, 2),
  ...entry(1, 2, 2, [...ascii("N\0"), 0, 0]),
  ...entry(2, 5, 3, le(180, 4)),
  ...entry(3, 2, 2, [...ascii("W\0"), 0, 0]),
  ...entry(4, 5, 3, le(204, 4)),
  ...le(0, 4),
  ...rational(45, 1),
  ...rational(30, 1),
  ...rational(0, 1),
  ...rational(12, 1),
  ...rational(15, 1),
  ...rational(0, 1),
];

/** 100 x 50 with the Exif block above. */
export const JPEG = Uint8Array.from([
  0xff,
  0xd8,
  0xff,
  0xe1,
  ...be(TIFF_BLOCK.length + 8, 2),
  ...ascii("Exif\0\0"),
  ...TIFF_BLOCK,
  0xff,
  0xc0,
  ...be(17, 2),
  8,
  ...be(50, 2),
  ...be(100, 2),
  3,
  ...zeros(9),
  0xff,
  0xda,
]);

/** 7 x 5 pixels with the 12-byte header of OS/2. */
export const OS2_BMP = Uint8Array.from([
  ...ascii("BM"),
  ...le(26, 4),
  ...zeros(4),
  ...le(26, 4),
  ...le(12, 4),
  ...le(7, 2),
  ...le(5, 2),
  ...le(1, 2),
  ...le(24, 2),
]);

/** A picture of 2 x 2 whose major brand is a film's. */
export const HEIF_IN_ISOM = Uint8Array.from([
  ...box("ftyp", ascii("isom"), zeros(4), ascii("mif1"), ascii("heic")),
  ...box(
    "meta",
    zeros(4),
    box("pitm", zeros(4), be(1, 2)),
    box(
      "iprp",
      box("ipco", box("ispe", zeros(4), be(2, 4), be(2, 4))),
      box("ipma", zeros(4), be(1, 4), be(1, 2), [1, 0x81]),
    ),
  ),
]);

/** Fifty frames of 20 ms, mode 0 (13 bytes). */
export const AMR = Uint8Array.from([
  ...ascii("#!AMR\n"),
  ...Array.from({ length: 50 }, () => [0x04, ...zeros(12)]).flat(),
]);

/** Ten frames of 128 kbit/s at 44.1 kHz, two channels: 417 bytes each. */
export const MP3 = Uint8Array.from(Array.from({ length: 10 }, () => [0xff, 0xfb, 0x90, 0x00, ...zeros(413)]).flat());
