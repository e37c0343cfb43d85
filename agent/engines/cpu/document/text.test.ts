import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OpenDocument } from "./document.ts";
import { keywordsOf } from "./keywords.ts";
import { languageOf } from "./language.ts";
import { readParts } from "./read-parts.ts";
import { splitText } from "./split-text.ts";
import { stopWordsOf } from "./stop-words.ts";

describe("keywords", () => {
  test("are the phrases that occur most, without stop words and without parts of better ones", () => {
    const text =
      "The tide table of the harbour. A tide table tells the tide. The tide table is printed; the harbour is old.";
    const terms = keywordsOf(text, stopWordsOf("en")).map(({ term, count }) => `${term} ${count}`);
    expect(terms.slice(0, 2)).toEqual(["tide table 3", "harbour 2"]);
    expect(terms.join()).not.toMatch(/\bthe\b|^tide 1/);
  });

  test("are none in a text of numbers and stop words", () => {
    expect(keywordsOf("12 of the 34", stopWordsOf("en"))).toEqual([]);
  });
});

describe("language", () => {
  test.each([
    ["The ships find the harbour at night because the lamp is lit.", "en"],
    ["Die Schiffe finden den Hafen in der Nacht, weil die Lampe brennt.", "de"],
    ["Les bateaux trouvent le port la nuit parce que la lampe est allumée.", "fr"],
    ["Los barcos encuentran el puerto por la noche porque la lámpara está encendida.", "es"],
  ])("%s", (text, code) => {
    expect(languageOf(text)?.code).toBe(code);
  });

  test("is unknown for a few letters", () => {
    expect(languageOf("Hafen 12")).toBeNull();
  });
});

describe("split text", () => {
  test("is cut at lines before blanks", () => {
    expect(splitText("one two\nthree four", 12)).toEqual(["one two", "three four"]);
    expect(splitText("one two three", 8)).toEqual(["one two", "three"]);
  });

  test("has every letter, in pieces within the limit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.integer({ min: 2, max: 40 }), (text, limit) => {
        const pieces = splitText(text, limit);
        expect(pieces.every((piece) => piece.length > 0 && piece.length <= limit)).toBe(true);
        expect(pieces.join("").replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
      }),
    );
  });
});

describe("reading parts", () => {
  const endless: OpenDocument = {
    format: "test",
    count: { kind: "page", parts: 1_000_000 },
    metadata: {},
    preview: null,
    async *parts() {
      for (let number = 1; ; number += 1) yield { number, kind: "page", title: null, text: "0123456789" };
    },
    close: async () => undefined,
  };

  test.each([
    [{ maxParts: 3, maxChars: 1000, maxMs: 60_000 }, "parts", 3],
    [{ maxParts: 1000, maxChars: 45, maxMs: 60_000 }, "chars", 5],
    [{ maxParts: 1000, maxChars: 1000, maxMs: -1 }, "time", 1],
  ] as const)("ends at its bounds %j", async (limits, truncatedBy, count) => {
    const reading = await readParts(endless, limits, async () => undefined);
    expect(reading.truncatedBy).toBe(truncatedBy);
    expect(reading.parts).toHaveLength(count);
  });
});
