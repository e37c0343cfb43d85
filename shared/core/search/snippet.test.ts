import { describe, expect, test } from "vitest";
import { snippetOf } from "./snippet.ts";

const whole = (text: string) => ({ text, cutBefore: false, cutAfter: false });

describe("snippetOf", () => {
  test("returns a short text as it is, with white space folded", () => {
    expect(snippetOf(whole("Annual\n  Report"), ["report"])).toBe("Annual Report");
  });

  test("shows the words around the match and marks what is left out", () => {
    const text = `${"alpha ".repeat(40)}Lighthouse ${"omega ".repeat(40)}`;
    const snippet = snippetOf(whole(text), ["lighthouse"]);
    expect(snippet).toMatch(/^…alpha .*Lighthouse omega.*omega…$/);
    expect(snippet.length).toBeLessThanOrEqual(162);
  });

  test("shows the most similar word when none matches", () => {
    const text = `${"alpha ".repeat(40)}Lighthouse ${"omega ".repeat(40)}`;
    expect(snippetOf(whole(text), ["lighthuose"])).toContain("Lighthouse");
  });

  test("shows the beginning when no word matches", () => {
    expect(snippetOf(whole("one two three"), ["zebra"])).toBe("one two three");
  });

  test("marks what the window itself left out", () => {
    expect(snippetOf({ text: "two three", cutBefore: true, cutAfter: true }, ["two"])).toBe("…two three…");
  });

  test("cuts a text without spaces inside", () => {
    expect(snippetOf(whole("x".repeat(300)), ["x"])).toBe(`${"x".repeat(160)}…`);
  });
});
