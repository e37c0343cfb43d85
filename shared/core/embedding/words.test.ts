import { expect, test } from "vitest";
import { isStopWord, lightStem, normalisedWords } from "./words.ts";

test("splits a text into folded words", () => {
  expect(normalisedWords("Crème-brûlée №5, ﬁne!")).toEqual(["creme", "brulee", "no5", "fine"]);
  expect(normalisedWords("日本語 Straße")).toEqual(["日本語", "straße"]);
  expect(normalisedWords("--- …")).toEqual([]);
});

test("brings inflected English words to one stem", () => {
  expect(["boats", "boating", "boated"].map(lightStem)).toEqual(["boat", "boat", "boat"]);
  expect(["lighthouse", "lighthouses"].map(lightStem)).toEqual(["lighthous", "lighthous"]);
  expect(["cities", "city"].map(lightStem)).toEqual(["city", "city"]);
});

test("leaves short words, double s and other alphabets alone", () => {
  expect(["red", "bus", "glass", "straße", "日本語s", "no5"].map(lightStem)).toEqual([
    "red",
    "bus",
    "glass",
    "straße",
    "日本語s",
    "no5",
  ]);
});

test("knows the small words of English", () => {
  expect(["the", "of", "aurora"].map(isStopWord)).toEqual([true, true, false]);
});
