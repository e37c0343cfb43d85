import { strToU8, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import type { Operation } from "../../../../shared/contracts/operations.ts";
import type { StepOutcome } from "../../../engine.ts";
import { insightsOf, runInPlace } from "../../../testing/run-in-place.ts";
import { documentPass } from "./pass.ts";

const STANDARD: Operation[] = ["probe", "document-text", "language", "keywords", "page-count", "embed"];

async function analysed(bytes: Uint8Array, operations = STANDARD): Promise<Map<string, StepOutcome>> {
  return (await runInPlace(documentPass, { bytes, mediaType: "document" }, operations)).outcomes;
}

const zip = (files: Record<string, string>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));

/** Number and text of each part. */
const texts = (outcomes: Map<string, StepOutcome>) =>
  insightsOf(outcomes.get("document-text")).map(({ page, text }) => [page, text]);

const GERMAN =
  "Der Leuchtturm steht am Ende der langen Mole. Jeden Abend zündet der Wärter die Lampe an, damit die Schiffe den Hafen finden. Der Leuchtturm ist hundert Jahre alt, und die Fischer lieben den Leuchtturm.";

/** A PDF with a page of Helvetica for each text; offsets are left to the reader's repair. */
function pdfOf(pages: readonly string[], trailer = ""): Uint8Array {
  const kids = pages.map((_, index) => `${10 + index * 2} 0 R`).join(" ");
  const objects = [
    "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
    `2 0 obj<</Type/Pages/Kids[${kids}]/Count ${pages.length}>>endobj`,
    "3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj",
    ...pages.flatMap((text, index) => {
      const content = `BT /F1 12 Tf 72 700 Td (${text}) Tj ET`;
      return [
        `${10 + index * 2} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents ${11 + index * 2} 0 R>>endobj`,
        `${11 + index * 2} 0 obj<</Length ${content.length}>>stream\n${content}\nendstream endobj`,
      ];
    }),
  ];
  return strToU8(`%PDF-1.4\n${objects.join("\n")}\ntrailer<</Root 1 0 R${trailer}>>\n%%EOF`);
}

describe("a PDF", () => {
  test("has one finding a page", async () => {
    const outcomes = await analysed(pdfOf(["The lighthouse of the harbour", "Second page"]));
    expect(texts(outcomes)).toEqual([
      [1, "The lighthouse of the harbour"],
      [2, "Second page"],
    ]);
    expect(insightsOf(outcomes.get("page-count"))[0]?.data).toEqual({ pages: 2, source: "structure" });
    expect(outcomes.get("probe")).toMatchObject({
      metadata: { pageCount: 2, pageWidthPoints: 612, pageHeightPoints: 792 },
    });
    expect(insightsOf(outcomes.get("document-text"))[0]?.embedding).toMatchObject({ space: "lexical-hash-v1" });
  });

  test("without text says so, and has no language", async () => {
    const outcomes = await analysed(pdfOf([""]));
    expect(texts(outcomes)).toEqual([[null, null]]);
    expect(outcomes.get("language")).toMatchObject({ status: "skipped", reason: { code: "too_little_text" } });
    expect(outcomes.get("embed")).toMatchObject({ status: "skipped", reason: { code: "no_text" } });
  });

  test("that is encrypted fails every step with that reason", async () => {
    const key = "00".repeat(32);
    const encrypted = pdfOf(
      ["secret"],
      `/ID[<${key}><${key}>]/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O<${key}>/U<${key}>>>`,
    );
    const outcomes = await analysed(encrypted);
    expect(
      [...outcomes.values()].map((outcome) => (outcome.status === "failed" ? outcome.reason.code : outcome.status)),
    ).toEqual(STANDARD.map(() => "encrypted"));
  });

  test("that is broken fails with the reason", async () => {
    const outcomes = await analysed(strToU8("%PDF-1.7\nnothing that follows is one"));
    expect(outcomes.get("probe")).toMatchObject({ status: "failed", reason: { code: "unreadable" } });
  });
});

describe("Office documents", () => {
  test("a DOCX is its paragraphs, and its language and keywords are found", async () => {
    const outcomes = await analysed(
      zip({
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": `<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>${GERMAN}</w:t></w:r></w:p><w:p><w:r><w:t>Zweiter</w:t><w:tab/><w:t>Absatz</w:t><w:delText>fort</w:delText></w:r></w:p></w:body></w:document>`,
        "word/footnotes.xml": `<w:footnotes xmlns:w="w"><w:p><w:r><w:t>Eine Fußnote</w:t></w:r></w:p></w:footnotes>`,
      }),
    );
    expect(texts(outcomes)).toEqual([[null, `${GERMAN}\nZweiter\tAbsatz\n\nEine Fußnote`]]);
    expect(outcomes.get("language")).toMatchObject({ metadata: { language: "de" }, insights: [{ text: "German" }] });
    expect(insightsOf(outcomes.get("keywords"))[0]?.text?.split(", ")[0]).toBe("leuchtturm");
    expect(outcomes.get("page-count")).toMatchObject({ status: "skipped", reason: { code: "not_paginated" } });
  });

  test("an XLSX is its sheets in order, shared strings resolved", async () => {
    const outcomes = await analysed(
      zip({
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": `<workbook xmlns:r="r"><sheets><sheet name="Boats" sheetId="1" r:id="rId2"/><sheet name="Ports" sheetId="2" r:id="rId1"/></sheets></workbook>`,
        "xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="t/worksheet" Target="worksheets/a.xml"/><Relationship Id="rId2" Type="t/worksheet" Target="/xl/worksheets/b.xml"/><Relationship Id="rId3" Type="t/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
        "xl/sharedStrings.xml":
          "<sst><si><t>name</t></si><si><r><t>sea</t></r><r><t>gull</t></r><rPh><t>no</t></rPh></si></sst>",
        "xl/worksheets/a.xml": `<worksheet><sheetData><row><c t="inlineStr"><is><t>Hamburg</t></is></c></row></sheetData></worksheet>`,
        "xl/worksheets/b.xml": `<worksheet><sheetData><row><c t="s"><v>0</v></c><c><v>7</v></c></row><row><c t="s"><v>1</v></c></row></sheetData></worksheet>`,
      }),
    );
    expect(texts(outcomes)).toEqual([
      [1, "name\t7\nseagull"],
      [2, "Hamburg"],
    ]);
    expect(insightsOf(outcomes.get("document-text"))[0]?.data["title"]).toBe("Boats");
    expect(outcomes.get("probe")).toMatchObject({ metadata: { sheetCount: 2 } });
  });

  test("a PPTX is its slides in the order of the show, with notes", async () => {
    const slide = (text: string): string =>
      `<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:sld>`;
    const outcomes = await analysed(
      zip({
        "[Content_Types].xml": "<Types/>",
        "ppt/presentation.xml": `<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="rId9"/><p:sldId id="257" r:id="rId8"/></p:sldIdLst></p:presentation>`,
        "ppt/_rels/presentation.xml.rels": `<Relationships><Relationship Id="rId8" Type="t/slide" Target="slides/slide1.xml"/><Relationship Id="rId9" Type="t/slide" Target="slides/slide2.xml"/></Relationships>`,
        "ppt/slides/slide1.xml": slide("last"),
        "ppt/slides/slide2.xml": slide("first"),
        "ppt/slides/_rels/slide2.xml.rels": `<Relationships><Relationship Id="x" Type="t/notesSlide" Target="../notesSlides/n.xml"/></Relationships>`,
        "ppt/notesSlides/n.xml": slide("say hello"),
      }),
    );
    expect(texts(outcomes)).toEqual([
      [1, "first\n\nsay hello"],
      [2, "last"],
    ]);
  });

  test("an EPUB is its chapters in reading order", async () => {
    const outcomes = await analysed(
      zip({
        mimetype: "application/epub+zip",
        "META-INF/container.xml": `<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>`,
        "OPS/book.opf": `<package><manifest><item id="b" href="two%20b.xhtml"/><item id="a" href="one.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>`,
        "OPS/one.xhtml":
          "<html><head><title>no</title></head><body><h1>The start</h1><p>It was&nbsp;dark.</p></body></html>",
        "OPS/two b.xhtml": "<html><body><p>It became light.</p><script>no()</script></body></html>",
      }),
    );
    expect(texts(outcomes)).toEqual([
      [1, "The start\nIt was dark."],
      [2, "It became light."],
    ]);
    expect(insightsOf(outcomes.get("document-text"))[0]?.data["title"]).toBe("The start");
  });

  test("an OpenDocument sheet is its tables", async () => {
    const outcomes = await analysed(
      zip({
        mimetype: "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": `<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet><table:table table:name="Tides"><table:table-row><table:table-cell><text:p>high</text:p></table:table-cell><table:table-cell><text:p>low</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>`,
      }),
    );
    expect(texts(outcomes)).toEqual([[1, "high\tlow"]]);
  });

  test("an encrypted OpenDocument fails with that reason", async () => {
    const outcomes = await analysed(
      zip({
        mimetype: "application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": "<manifest><encryption-data/></manifest>",
      }),
    );
    expect(outcomes.get("document-text")).toMatchObject({ status: "failed", reason: { code: "encrypted" } });
  });

  test("an archive that unpacks to a thousand times its size is a bomb", async () => {
    const bomb = zip({ "[Content_Types].xml": "<Types/>", "word/document.xml": " ".repeat(64 * 1024 * 1024) });
    const outcomes = await analysed(bomb);
    expect(outcomes.get("document-text")).toMatchObject({ status: "failed", reason: { code: "bomb" } });
  });

  test("entities that a document makes for itself are not expanded", async () => {
    const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><w:document xmlns:w="w"><w:body><w:p><w:t>&b;</w:t></w:p><w:p><w:t>after</w:t></w:p></w:body></w:document>`;
    const [[, text] = []] = texts(
      await analysed(zip({ "[Content_Types].xml": "<Types/>", "word/document.xml": laughs })),
    );
    expect(text).toBe("&b;\nafter");
  });

  test("a binary Word document is skipped with the reason", async () => {
    const outcomes = await analysed(Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(1024)]));
    expect(outcomes.get("document-text")).toMatchObject({ status: "skipped", reason: { code: "unsupported_format" } });
  });
});
