import { describe, expect, it } from "vitest";
import { stepRecipe } from "./step-recipe.ts";

const input = { sha256: "a".repeat(64), contentType: "audio/wav", name: "one.wav" };

describe("the recipe of a step", () => {
  it("is one text, whatever the order of its parameters", () => {
    expect(stepRecipe(input, { operation: "ocr", parameters: { b: 1, a: [2] } })).toBe(
      `{"contentType":"audio/wav","engine":"cpu@1","operation":"ocr","parameters":{"a":[2],"b":1},"sha256":"${"a".repeat(64)}"}`,
    );
  });

  it("is another one for other bytes, another operation or other parameters", () => {
    const step = { operation: "ocr", parameters: {} } as const;
    const recipes = [
      stepRecipe(input, step),
      stepRecipe({ ...input, sha256: "b".repeat(64) }, step),
      stepRecipe({ ...input, contentType: "audio/mpeg" }, step),
      stepRecipe(input, { ...step, operation: "language" }),
      stepRecipe(input, { ...step, parameters: { model: "x" } }),
    ];
    expect(new Set(recipes).size).toBe(recipes.length);
  });

  it("heeds the file's name only where the result does", () => {
    const other = { ...input, name: "two.wav" };
    const of = (operation: "ocr" | "embed") => ({ operation, parameters: {} });
    expect(stepRecipe(other, of("ocr"))).toBe(stepRecipe(input, of("ocr")));
    expect(stepRecipe(other, of("embed"))).not.toBe(stepRecipe(input, of("embed")));
  });
});
