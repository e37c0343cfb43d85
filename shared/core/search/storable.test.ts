import { expect, test } from "vitest";
import { storable, storableText } from "./storable.ts";

test("leaves out NUL and repairs lone surrogates", () => {
  expect(storableText("a\u0000b\ud800c😀")).toBe("ab\ufffdc😀");
});

test("keeps a backslash that only looks like an escape", () => {
  expect(storableText("\\u0000")).toBe("\\u0000");
});

test("reaches names and values of nested data", () => {
  expect(storable({ "k\u0000": ["x\udc00", 1, null, { deep: "\u0000" }] })).toEqual({
    k: ["x\ufffd", 1, null, { deep: "" }],
  });
});
