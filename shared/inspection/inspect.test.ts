import { strToU8, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { Inspection } from "../contracts/media.ts";
import { inspect } from "./inspect.ts";
import { RangeSourceError } from "./range-source.ts";
import { AMR, ascii, HEIF_IN_ISOM, JPEG, MP3, mp4, OS2_BMP, PNG, WAV, WAV_HEADER } from "./sample-files.ts";

const source = (bytes: Uint8Array) => ({
  sizeBytes: bytes.length,
  read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
});

async function look(bytes: Uint8Array | string, name = "sample"): Promise<Inspection> {
  const content = typeof bytes === "string" ? strToU8(bytes) : bytes;
  return Inspection.parse(await inspect(source(content), { name }));
}

describe("the type comes from the content", () => {
  test("a picture named as a film is a picture", async () => {
    expect(await look(PNG, "holiday.mp4")).toMatchObject({
      verdict: "accepted",
      mediaType: "image",
      contentType: "image/png",
    });
  });

  test("text named as a picture is rejected", async () => {
    const found = await look("dear diary", "me.jpg");
    expect(found).toMatchObject({ verdict: "rejected", mediaType: null, contentType: "text/plain" });
    expect(found.reason).toEqual({ code: "unsupported_content", detail: "me.jpg: content is plain text" });
  });

  test("an SVG is rejected, with and without its prolog", async () => {
    for (const prolog of ["", '<?xml version="1.0"?>\n']) {
      const found = await look(`${prolog}<svg xmlns="http://www.w3.org/2000/svg"/>`);
      expect([found.verdict, found.reason?.code, found.contentType]).toEqual([
        "rejected",
        "unsupported_content",
        "image/svg+xml",
      ]);
    }
  });

  test("an empty file is rejected without a read", async () => {
    const found = await look("");
    expect([found.verdict, found.reason?.code, found.rangeReads]).toEqual(["rejected", "empty_file", 0]);
  });

  test("a HEIF picture with a film's major brand is a picture", async () => {
    const found = await look(HEIF_IN_ISOM);
    expect(found).toMatchObject({ verdict: "accepted", contentType: "image/heic", metadata: { width: 2, height: 2 } });
  });
});

describe("pictures", () => {
  test("a PNG tells its size, depth, transparency, profile and XMP", async () => {
    expect((await look(PNG)).metadata).toEqual({
      width: 640,
      height: 480,
      bitDepth: 8,
      hasAlpha: true,
      isAnimated: false,
      hasXmp: true,
      hasIccProfile: true,
    });
  });

  test("a JPEG tells camera, time, aperture and place", async () => {
    expect((await look(JPEG)).metadata).toMatchObject({
      width: 100,
      height: 50,
      orientation: 6,
      cameraMake: "Acme",
      takenAt: "2020-01-02T03:04:05",
      fNumber: 2.8,
      latitude: 45.5,
      longitude: -12.25,
    });
  });

  test("a bitmap of OS/2 has 16-bit sizes", async () => {
    expect((await look(OS2_BMP)).metadata).toMatchObject({ width: 7, height: 5, bitDepth: 24 });
  });

  test("a picture that ends in its header is rejected as truncated", async () => {
    for (const bytes of [PNG.slice(0, 20), JPEG.slice(0, 200), HEIF_IN_ISOM.slice(0, 24)]) {
      expect((await look(bytes)).reason?.code).toBe("truncated");
    }
  });
});

describe("films and sounds", () => {
  test("an MP4 tells duration, rate, codec, size and turn", async () => {
    const found = await look(mp4());
    expect(found).toMatchObject({ verdict: "accepted", mediaType: "video", contentType: "video/mp4", errors: [] });
    expect(found.metadata).toMatchObject({
      durationSeconds: 4,
      durationSource: "container",
      framesPerSecond: 25,
      videoCodec: "mpeg4",
      width: 320,
      height: 240,
      rotationDegrees: 90,
    });
  });

  test("an MP4 whose tables count two thousand million samples is described by its header alone", async () => {
    const found = await look(mp4(2_000_000_000));
    expect(found.verdict).toBe("accepted");
    expect(found.errors).toEqual([{ code: "broken_structure", detail: "stts counts more samples than there are" }]);
    expect(found.metadata.durationSeconds).toBe(4);
  });

  test("an MP4 without a movie header is rejected as truncated", async () => {
    const whole = mp4();
    expect((await look(whole.slice(0, 20))).reason?.code).toBe("truncated");
    expect(
      (await look(Uint8Array.from([...whole.slice(0, 20), 0, 0, 4, 0, ...ascii("mdat"), 1, 2]))).reason?.code,
    ).toBe("truncated");
  });

  test("a WAV tells its layout, and says when its samples are cut", async () => {
    const whole = await look(WAV);
    expect(whole).toMatchObject({ contentType: "audio/wav", errors: [] });
    expect(whole.metadata).toMatchObject({
      audioCodec: "pcm_s16le",
      channels: 2,
      sampleRateHz: 8000,
      bitsPerSample: 16,
      durationSeconds: 2,
    });
    expect((await look(WAV_HEADER)).errors).toEqual([
      { code: "truncated", detail: "the file ends inside its samples" },
    ]);
  });

  test("frames without any tag are MP3", async () => {
    const found = await look(MP3);
    expect(found).toMatchObject({ mediaType: "audio", contentType: "audio/mpeg" });
    expect(found.metadata).toMatchObject({ audioCodec: "mp3", channels: 2, sampleRateHz: 44_100 });
  });

  test("the frames of an AMR recording are counted", async () => {
    expect((await look(AMR)).metadata).toMatchObject({
      audioCodec: "amr_nb",
      channels: 1,
      sampleRateHz: 8000,
      durationSeconds: 1,
    });
  });
});

describe("documents", () => {
  const MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
  const TYPES = `<Types><Override PartName="/word/document.xml" ContentType="${MAIN}"/></Types>`;
  const docx = (parts: Record<string, string>): Uint8Array =>
    zipSync(
      Object.fromEntries(
        Object.entries({ "[Content_Types].xml": TYPES, "word/document.xml": "<w/>", ...parts }).map(([name, text]) => [
          name,
          strToU8(text),
        ]),
      ),
    );

  test("a DOCX tells title, author, counts and macros", async () => {
    const found = await look(
      docx({
        "docProps/core.xml": "<c xmlns:dc='d'><dc:title>Plan &amp; Co</dc:title><dc:creator>Ada</dc:creator></c>",
        "docProps/app.xml": "<Properties><Pages>3</Pages><Words>250</Words></Properties>",
        "word/vbaProject.bin": "x",
      }),
    );
    expect(found).toMatchObject({ verdict: "accepted", mediaType: "document" });
    expect(found.contentType).toBe("application/vnd.openxmlformats-officedocument.wordprocessingml.document");
    expect(found.metadata).toEqual({
      title: "Plan & Co",
      author: "Ada",
      pageCount: 3,
      wordCount: 250,
      hasMacros: true,
      isEncrypted: false,
    });
  });

  test("an ODT tells what its meta part says", async () => {
    const found = await look(
      zipSync({
        mimetype: strToU8("application/vnd.oasis.opendocument.text"),
        "meta.xml": strToU8(
          '<m xmlns:meta="m"><meta:initial-creator>Eve</meta:initial-creator><meta:document-statistic meta:page-count="2" meta:word-count="9"/></m>',
        ),
      }),
    );
    expect(found.contentType).toBe("application/vnd.oasis.opendocument.text");
    expect(found.metadata).toMatchObject({ author: "Eve", pageCount: 2, wordCount: 9 });
  });

  test("an archive that is no document is rejected", async () => {
    expect((await look(zipSync({ "a.txt": strToU8("a") }))).reason?.code).toBe("unsupported_content");
  });

  test("an archive that unpacks a thousandfold is quarantined, unopened", async () => {
    const found = await look(
      zipSync(
        { "[Content_Types].xml": strToU8(TYPES), "word/document.xml": new Uint8Array(40 * 1024 * 1024) },
        { level: 9 },
      ),
    );
    expect([found.verdict, found.reason?.code]).toEqual(["quarantined", "bomb"]);
  });

  test("a part that unpacks to more than it declares is a bomb", async () => {
    const lie = docx({ "docProps/core.xml": "x".repeat(5000) });
    // The directory's name field follows 46 bytes behind its signature; the unpacked size is at 24.
    const directory = new DataView(lie.buffer);
    for (let at = 0; at + 46 < lie.length; at += 1) {
      if (directory.getUint32(at, true) === 0x0201_4b50 && directory.getUint16(at + 28, true) === 17)
        directory.setUint32(at + 24, 10, true);
    }
    expect((await look(lie)).reason).toEqual({ code: "bomb", detail: "an entry unpacks to more than it declares" });
  });

  test.each([9, 70_000])("a PDF whose cross-reference table is said to be at %i is read nevertheless", async (at) => {
    const found = await look(
      [
        "%PDF-1.4",
        "1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj",
        "2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj",
        "3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 200 100]>> endobj",
        "4 0 obj <</Title (Tiny) /CreationDate (D:20200102030405+01'00')>> endobj",
        "trailer <</Root 1 0 R /Info 4 0 R /Size 5>>",
        `startxref\n${at}\n%%EOF\n`,
      ].join("\n"),
    );
    expect(found).toMatchObject({ verdict: "accepted", mediaType: "document", contentType: "application/pdf" });
    expect(found.metadata).toMatchObject({
      pageCount: 1,
      pageWidthPoints: 200,
      pageHeightPoints: 100,
      title: "Tiny",
      createdAt: "2020-01-02T03:04:05+01:00",
      isEncrypted: false,
    });
  });

  test("entities in a document's properties end their reading", async () => {
    const laughs = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><c><title>&b;</title></c>';
    expect((await look(docx({ "docProps/core.xml": laughs }))).metadata).toEqual({
      hasMacros: false,
      isEncrypted: false,
    });
  });
});

test("a source that fails is a fault, whatever parser asked", async () => {
  let reads = 0;
  const failing = {
    sizeBytes: 10_000_000,
    read: async (_: number, length: number): Promise<Uint8Array> => {
      reads += 1;
      if (reads > 1) throw new Error("storage is away");
      const bytes = new Uint8Array(length);
      bytes.set(mp4().slice(0, 20));
      bytes.set([0, 0x90, 0, 0, ...ascii("mdat")], 20);
      return bytes;
    },
  };
  await expect(inspect(failing, { name: "film.mp4" })).rejects.toThrow(RangeSourceError);
});
