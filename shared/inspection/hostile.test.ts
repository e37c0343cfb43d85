import { strToU8, zipSync } from "fflate";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Inspection } from "../contracts/media.ts";
import { inspect } from "./inspect.ts";
import { AMR, ascii, be, box, HEIF_IN_ISOM, JPEG, MP3, mp4, PNG, WAV } from "./sample-files.ts";

// The demuxer tells the console of every codec it does not know.
beforeAll(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});
afterAll(() => {
  vi.restoreAllMocks();
});

const WHOLE_BUDGET = { maxBytes: 4 * 1024 * 1024, maxRangeReads: 100, maxCalls: 20_000 };

/** Whether the inspection is well-formed, and read no block twice: everything here fits into two. */
async function survives(bytes: Uint8Array): Promise<boolean> {
  const source = {
    sizeBytes: bytes.length,
    read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
  };
  const found = Inspection.parse(await inspect(source, { name: "hostile", budget: WHOLE_BUDGET }));
  return found.rangeReads <= 2 && (found.reason === null) === (found.verdict === "accepted");
}

const SAMPLES = [
  PNG,
  JPEG,
  HEIF_IN_ISOM,
  mp4(),
  WAV.slice(0, 2000),
  MP3,
  AMR,
  zipSync({ "[Content_Types].xml": strToU8("<Types/>"), "a.xml": strToU8("<a/>") }),
];

const MAGICS = [
  "",
  "\x89PNG\r\n\x1a\n",
  "\xff\xd8\xff\xe1",
  "GIF89a",
  "RIFF\x10\0\0\0WEBPVP8X",
  "RIFF\xff\xff\0\0WAVEfmt ",
  "RIFF\xff\xff\0\0AVI LIST",
  "II*\0\x08\0\0\0",
  "MM\0+\0\x08\0\0",
  "BM",
  "\0\0\0\x14ftypheic\0\0\0\0mif1",
  "\0\0\0\x14ftypisom\0\0\0\0isom",
  "\x1a\x45\xdf\xa3",
  "\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",
  "OggS\0\x02",
  "fLaC\0\0\0\x22",
  "ID3\x04\0\0\0\0\x01\0",
  "FORM\0\0\x10\0AIFFCOMM",
  "MAC \x96\x0f",
  "wvpk",
  "MPCK",
  "DSD ",
  "FRM8",
  "FLV\x01\x05\0\0\0\x09\0\0\0\0",
  "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9",
  "\0\0\x01\xba",
  "#!AMR\n",
  "PK\x03\x04",
  "PK\x05\x06",
  "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
];

test("random bytes behind the first bytes of any format are survived", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...MAGICS), fc.uint8Array({ maxLength: 2000 }), async (magic, rest) => {
      expect(await survives(Uint8Array.from([...ascii(magic), ...rest]))).toBe(true);
    }),
    { numRuns: 600, seed: 20_261_124 },
  );
});

test("files with overwritten, cut and repeated parts are survived", async () => {
  const change = fc.record({ at: fc.nat(4000), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...SAMPLES),
      fc.array(change, { maxLength: 6 }),
      fc.nat(5000),
      async (sample, changes, cut) => {
        const bytes = sample.slice(0, cut < 2500 ? sample.length : cut - 2500);
        for (const { at, bytes: written } of changes)
          if (bytes.length >= 8) bytes.set(written.slice(0, 8), at % (bytes.length - 7));
        expect(await survives(bytes)).toBe(true);
      },
    ),
    { numRuns: 1000, seed: 20_261_124 },
  );
});

/** Five gigabytes that repeat `pattern` behind `head`. */
function endless(head: readonly number[], pattern: readonly number[]) {
  const read = async (offset: number, length: number): Promise<Uint8Array> =>
    Uint8Array.from({ length }, (_, i) => {
      const at = offset + i;
      return (at < head.length ? head[at] : pattern[(at - head.length) % pattern.length]) ?? 0;
    });
  return { sizeBytes: 5 * 2 ** 30, read };
}

const RIFF = [...ascii("RIFF"), 255, 255, 255, 255];

test.each([
  ["zeros", [], [0]],
  ["boxes of eight bytes", box("ftyp", ascii("isom"), be(0, 4)), box("free")],
  [
    "voids of EBML",
    [
      0x1a, 0x45, 0xdf, 0xa3, 0x84, 0x42, 0x82, 0x81, 0x77, 0x18, 0x53, 0x80, 0x67, 1, 255, 255, 255, 255, 255, 255,
      255,
    ],
    [0xec, 0x80],
  ],
  ["empty Ogg pages", [], [...ascii("OggS"), 0, 0, ...be(0, 8), 1, ...be(0, 12)]],
  ["chunks of WAVE", [...RIFF, ...ascii("WAVE")], [...ascii("JUNK"), 0, 0, 0, 0]],
  ["chunks of WebP", [...RIFF, ...ascii("WEBP")], [...ascii("JUNK"), 0, 0, 0, 0]],
  ["chunks of PNG", PNG.slice(0, 33), [0, 0, 0, 0, ...ascii("tEXt"), 0, 0, 0, 0]],
  ["markers of JPEG", [0xff, 0xd8], [0xff, 0xe0, 0, 2]],
  ["pictures of GIF", [...ascii("GIF89a"), 1, 0, 1, 0, 0, 0, 0], [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 0]],
  ["null packets of a transport stream", [], [0x47, 0x1f, 0xff, 0x10, ...Array.from({ length: 184 }, () => 255)]],
  ["an ID3 tag of 268 MB", [...ascii("ID3"), 4, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f], [0]],
  ["frames of FLAC that never come", ascii("fLaC"), [1, 0, 0, 0]],
  ["local headers of zip", [], ascii("PK\x03\x04")],
  ["objects of PDF", ascii("%PDF-1.7\n"), ascii("1 0 obj <<>> endobj\n")],
])("five gigabytes of %s cost under 4 MiB", async (_, head, pattern) => {
  const found = Inspection.parse(await inspect(endless([...head], pattern), { name: "endless" }));
  expect(found.bytesRead).toBeLessThan(4 * 1024 * 1024);
  expect(found.rangeReads).toBeLessThan(64);
});
